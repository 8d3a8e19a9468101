namespace Cluster.Lab.Workloads;

/// <summary>
/// Limits the calls per second of all clients together. A time without calls does not allow a burst afterwards.
/// </summary>
internal sealed class RateLimit(double perSecond, TimeProvider time)
{
    private readonly long _step = Math.Max(1, (long)(time.TimestampFrequency / perSecond));
    private readonly Lock _lock = new();
    private long _next = time.GetTimestamp();

    /// <summary>Waits until the next call is allowed.</summary>
    public Task WaitAsync(CancellationToken cancelled)
    {
        long due;
        var now = time.GetTimestamp();
        lock (_lock) _next = (due = Math.Max(_next, now)) + _step;
        return due <= now ? Task.CompletedTask : Task.Delay(time.GetElapsedTime(now, due), time, cancelled);
    }
}
