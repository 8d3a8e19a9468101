using System.Globalization;

namespace Cluster.Agent.Processes;

/// <summary>The effective set of capabilities(7) of a thread, as the kernel says it: /proc/PID/task/TID/status.</summary>
internal static class EffectiveCapabilities
{
    /// <summary>
    /// Those that the cluster knows: a process that drops another one stays the same process of the cluster. A thread of
    /// another PID namespace has another number here: then those of the first thread. Null: the process has ended.
    /// </summary>
    /// <param name="pid">The process.</param>
    /// <param name="thread">The number of its thread, as the process says: one of another process is not found.</param>
    public static ulong? Of(int pid, long thread)
    {
        var set = Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{thread}/status"))
            ?? Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"));
        return set is null
            ? null
            : ulong.Parse(set, NumberStyles.HexNumber, CultureInfo.InvariantCulture) & LinuxCapabilities.All;
    }

    private static string? Read(string path) => StatusFile.Read(path, "CapEff");
}
