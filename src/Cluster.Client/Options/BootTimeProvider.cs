using System.Runtime.InteropServices;

namespace Cluster.Client;

/// <summary>
/// The system's time, whose timestamps also count while the machine sleeps: CLOCK_BOOTTIME of clock_gettime(2). A lease
/// runs on while the machine of its client is suspended, so it has to be measured so. On systems without that clock,
/// timestamps are those of <see cref="TimeProvider.System"/>.
/// </summary>
public sealed class BootTimeProvider : TimeProvider
{
    private const int ClockBoottime = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private static readonly bool HasBoottime = OperatingSystem.IsLinux() && GetTime(ClockBoottime, out _) == 0;

    private BootTimeProvider()
    {
    }

    /// <summary>The only instance: it has no state.</summary>
    public static BootTimeProvider Instance { get; } = new();

    /// <inheritdoc/>
    public override long TimestampFrequency => HasBoottime ? NanosecondsPerSecond : System.TimestampFrequency;

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        if (!HasBoottime) return System.GetTimestamp();
        _ = GetTime(ClockBoottime, out var time);
        return ((long)time.Seconds * NanosecondsPerSecond) + time.Nanoseconds;
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
