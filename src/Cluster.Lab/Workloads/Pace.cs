namespace Cluster.Lab.Workloads;

/// <summary>So many turns a second for all together; what was missed while nobody asked is not made up for.</summary>
internal sealed class Pace(double perSecond, TimeProvider time)
{
    private readonly long _step = Math.Max(1, (long)(time.TimestampFrequency / perSecond));
    private readonly Lock _lock = new();
    private long _next = time.GetTimestamp();

    public Task TurnAsync(CancellationToken cancelled)
    {
        long due;
        var now = time.GetTimestamp();
        lock (_lock) _next = (due = Math.Max(_next, now)) + _step;
        return due <= now ? Task.CompletedTask : Task.Delay(time.GetElapsedTime(now, due), time, cancelled);
    }
}
