using System.Globalization;
using System.Text;
using Cluster.Client;

namespace Cluster.Agent.Processes;


/// <summary>What the first frame of a program says: the token of the agent, and the options of ipc exec.</summary>
/// <param name="Token">Proves that the program descends from one that could read the agent's token.</param>
/// <param name="Addresses">The gateways of the cluster.</param>
/// <param name="Namespace">The namespace of the cluster to live in.</param>
/// <param name="Uid">The user to be; null: the one that the kernel names.</param>
/// <param name="Gid">The group to be; null: the one that the kernel names.</param>
/// <param name="IsVolatile">New objects have no journal.</param>
internal sealed record Greeting(
    string Token, IReadOnlyList<string> Addresses, string Namespace, uint? Uid, uint? Gid, bool IsVolatile)
{
    private const int Lines = 6;
    private const int MostBytes = 4096;

    /// <summary>Names the cluster.</summary>
    public string Cluster { get; } = string.Join(',', Addresses);

    /// <summary>Names the cluster and the namespace: ids of objects are numbers of it.</summary>
    public string Realm => $"{Namespace} {Cluster}";

    /// <summary>Reads the six lines of a greeting; null: it makes no sense.</summary>
    public static Greeting? Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MostBytes)
            return null;
        var lines = Encoding.UTF8.GetString(payload).Split('\n');
        if (lines.Length != Lines || !TryId(lines[3], out var uid) || !TryId(lines[4], out var gid))
            return null;
        var addresses = lines[1].Split(',', StringSplitOptions.RemoveEmptyEntries);
        return lines[2] is ['/', ..] && addresses.All(GatewayAddress.IsValid)
            ? new Greeting(lines[0], addresses, lines[2], uid, gid, lines[5] == "volatile")
            : null;
    }

    private static bool TryId(string text, out uint? id)
    {
        id = null;
        if (text.Length == 0)
            return true;
        var isNumber = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        id = number;
        return isNumber && number != uint.MaxValue;
    }
}
