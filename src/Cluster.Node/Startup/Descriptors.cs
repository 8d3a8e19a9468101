using System.Globalization;
using Cluster.Node.Settings;

namespace Cluster.Node.Startup;

/// <summary>The file descriptors that the node may have: RLIMIT_NOFILE of getrlimit(2).</summary>
internal static class Descriptors
{
    /// <summary>The fewest with which a node starts.</summary>
    public const int Fewest = 640;

    /// <summary>
    /// Descriptors that connections of clients never take: for the cluster, the journal, and the runtime. An idle node
    /// has about 320.
    /// </summary>
    public const int Reserve = 512;

    // What a connection with a process takes in memory, about 50 KiB, bounds connections where descriptors do not.
    private const int MostConnections = 16_384;

    private const string Limits = "/proc/self/limits";
    private const string Row = "Max open files";

    /// <summary>The limit; null: this system does not say it.</summary>
    public static int? Limit { get; } = File.Exists(Limits) ? Parse(File.ReadAllLines(Limits)) : null;

    /// <summary>Refuses to start with too few.</summary>
    /// <exception cref="StartException">The limit is too low.</exception>
    public static void Check()
    {
        if (Limit < Fewest)
            throw new StartException(
                $"the limit of open files is {Limit}, and a node needs {Fewest}: raise it (ulimit -n, LimitNOFILE=)");
    }

    /// <summary>How many connections of clients the node takes.</summary>
    public static int Connections(int? limit) => Math.Min((limit ?? int.MaxValue) - Reserve, MostConnections);

    /// <summary>The soft limit of open files in /proc/self/limits; null: it is unlimited or missing.</summary>
    internal static int? Parse(IEnumerable<string> lines)
    {
        var row = lines.FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal));
        var soft = row?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }
}
