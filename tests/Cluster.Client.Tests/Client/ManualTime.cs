namespace Cluster.Client.Tests.Client;

/// <summary>Time that passes when a test says so.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Advances the clock in steps of a millisecond, and runs the timers that are due in between.</summary>
    public void Advance(TimeSpan span)
    {
        for (var untilTicks = GetTimestamp() + span.Ticks; GetTimestamp() < untilTicks;)
        {
            Volatile.Write(ref _now, Math.Min(untilTicks, GetTimestamp() + TimeSpan.TicksPerMillisecond));
            ManualTimer[] due;
            lock (_gate)
                due = [.. _timers.Where(timer => timer.DueTicks <= _now)];
            foreach (var timer in due)
                timer.Fire();
        }
    }

    /// <summary>
    /// Lets time pass until the next timer, if it is due within a span: a test that runs the clock in a loop does not
    /// outrun what happens in between.
    /// </summary>
    public void AdvanceToTimerWithin(TimeSpan span)
    {
        long ticks;
        lock (_gate)
            ticks = _timers.Select(timer => timer.DueTicks).DefaultIfEmpty(long.MaxValue).Min() - GetTimestamp();
        if (ticks <= span.Ticks)
            Advance(TimeSpan.FromTicks(Math.Max(ticks, 1)));
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public long DueTicks { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                _period = period;
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                DueTicks = time.GetTimestamp() + dueTime.Ticks;
                time._timers.Add(this);
                return true;
            }
        }

        public void Fire()
        {
            lock (time._gate)
            {
                if (!time._timers.Contains(this))
                    return;
                Change(_period, _period);
            }

            callback(state);
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
