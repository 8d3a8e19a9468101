using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Cluster.Actors.Membership.Quorum;

/// <summary>
/// A monotonic clock that goes on while the process is stopped and while the machine sleeps: CLOCK_BOOTTIME of
/// clock_gettime(2). On systems without it, the runtime's monotonic clock.
/// </summary>
public static class BootClock
{
    private const int ClockBoottime = 7;

    private static readonly bool HasBoottime = OperatingSystem.IsLinux();

    /// <summary>Now, in ms since an unspecified moment.</summary>
    public static long NowMs
    {
        get
        {
            if (HasBoottime && GetTime(ClockBoottime, out var time) == 0)
                return (long)time.Seconds * 1_000 + (long)time.Nanoseconds / 1_000_000;
            return (long)Stopwatch.GetElapsedTime(0).TotalMilliseconds;
        }
    }

    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetTime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
