using System.Runtime.InteropServices;

namespace Cluster.Cli.CommandLine;

/// <summary>Standard input as poll(2) sees it.</summary>
internal static partial class StandardInput
{
    private const short PollIn = 1;

    /// <summary>Whether a read would not block: there is input, or its end.</summary>
    public static bool IsReady()
    {
        var input = new PollFd { Events = PollIn };
        return Poll(ref input, 1, 0) > 0;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollFd fds, nuint count, int timeoutMs);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Fd;
        public short Events;
        public short Revents;
    }
}
