namespace Cluster.Conformance.MessageQueues;

/// <summary>A time by the kernel's clock, which stamps queues, and by a monotonic clock.</summary>
/// <param name="Seconds">Since the epoch.</param>
/// <param name="Timestamp">Of the clock that only runs.</param>
internal readonly record struct Moment(long Seconds, long Timestamp)
{
    public static Moment Now =>
        new(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), TimeProvider.System.GetTimestamp());

    /// <summary>
    /// Whether the clock was set between two moments (a virtual machine that was stopped, a correction): then what it
    /// stamped in between says nothing. Two roundings to seconds make up to a second.
    /// </summary>
    public static bool WasClockSet(Moment from, Moment to)
    {
        var passed = TimeProvider.System.GetElapsedTime(from.Timestamp, to.Timestamp).TotalSeconds;
        return Math.Abs(to.Seconds - from.Seconds - passed) > 1.5;
    }
}
