using System.Collections.Concurrent;

namespace Cluster.Lab.Histories;

/// <summary>
/// Records calls while they happen, from any thread, without a lock, with one or two allocations per call. A full
/// recorder returns no <see cref="RecordedCall"/>. The client then does not make the call, so a history has no gaps.
/// </summary>
public sealed class Recorder
{
    private readonly ConcurrentQueue<RecordedCall> _calls = new();
    private readonly TimeProvider _time;
    private readonly int _capacity;
    private int _count;

    /// <param name="time">The clock. Only its timestamps are used.</param>
    /// <param name="capacity">The largest number of calls.</param>
    public Recorder(TimeProvider time, int capacity = 1_000_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        (_time, _capacity) = (time, capacity);
    }

    /// <summary>Whether no further call is recorded.</summary>
    public bool IsFull => Volatile.Read(ref _count) >= _capacity;

    /// <summary>The number of recorded calls.</summary>
    public int Count => Math.Min(Volatile.Read(ref _count), _capacity);

    /// <summary>The time now, in nanoseconds.</summary>
    public long Now() => (long)(_time.GetTimestamp() * (1e9 / _time.TimestampFrequency));

    /// <summary>Records the invocation of a call.</summary>
    /// <param name="call">The client, object, call and arguments. The recorder adds the time.</param>
    /// <returns>Records the end of the call; null: the recorder is full, and the call must not be made.</returns>
    public RecordedCall? Begin(Operation call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (Interlocked.Increment(ref _count) > _capacity)
        {
            Interlocked.Decrement(ref _count);
            return null;
        }

        var recorded = new RecordedCall(this, call);
        _calls.Enqueue(recorded);
        return recorded;
    }

    /// <summary>All calls as they are now. Calls without an outcome are <see cref="Outcome.Pending"/>.</summary>
    public History Snapshot() => new(_calls.Select(call => call.Operation));
}
