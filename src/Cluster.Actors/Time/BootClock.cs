using Cluster.Client;

namespace Cluster.Actors.Time;

/// <summary>
/// A monotonic clock that goes on while the process is stopped and while the machine sleeps; see
/// <see cref="BootTimeProvider"/>.
/// </summary>
public static class BootClock
{
    private static readonly long PerMs = BootTimeProvider.Instance.TimestampFrequency / 1_000;

    /// <summary>Now, in ms since an unspecified moment.</summary>
    public static long NowMs => BootTimeProvider.Instance.GetTimestamp() / PerMs;
}
