using System.Globalization;

namespace Cluster.Agent.Processes;

/// <summary>The effective set of capabilities(7) of a thread. The kernel says it, in /proc/PID/task/TID/status: proc(5).</summary>
internal static class EffectiveCapabilities
{
    /// <summary>
    /// The capabilities that Cluster.Core asks for: CAP_DAC_OVERRIDE (1), CAP_DAC_READ_SEARCH (2), CAP_IPC_OWNER (15),
    /// CAP_SYS_ADMIN (21), CAP_SYS_RESOURCE (24). A process that drops another one stays the same process of the cluster.
    /// </summary>
    private const ulong Known = 1UL << 1 | 1UL << 2 | 1UL << 15 | 1UL << 21 | 1UL << 24;

    private const string Field = "CapEff:";

    /// <summary>
    /// Those that the cluster knows. A thread of another PID namespace has another number here: then those of the first
    /// thread. Null: the process has ended.
    /// </summary>
    /// <param name="pid">The process.</param>
    /// <param name="thread">The number of its thread, as the process says: one of another process is not found.</param>
    public static ulong? Of(int pid, long thread) =>
        (Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{thread}/status"))
            ?? Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"))) & Known;

    private static ulong? Read(string path)
    {
        try
        {
            foreach (var line in File.ReadLines(path))
            {
                if (line.StartsWith(Field, StringComparison.Ordinal))
                    return ulong.Parse(line.AsSpan(Field.Length), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The thread is not there, or the agent may not see it.
        }

        return null;
    }
}
