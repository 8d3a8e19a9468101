using System.Collections.Concurrent;

namespace Cluster.Lab.Histories;

/// <summary>
/// Takes down calls while they happen: any thread, no lock, an allocation or two a call. It takes so many calls and
/// then no more: who gets no <see cref="RecordedCall"/> does not make the call, so a history is never one with holes.
/// </summary>
public sealed class Recorder
{
    private readonly ConcurrentQueue<RecordedCall> _calls = new();
    private readonly TimeProvider _time;
    private readonly int _capacity;
    private int _count;

    /// <param name="time">The clock: its timestamps only.</param>
    /// <param name="capacity">How many calls; further ones are not to be made.</param>
    public Recorder(TimeProvider time, int capacity = 1_000_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        (_time, _capacity) = (time, capacity);
    }

    /// <summary>No further call is taken.</summary>
    public bool IsFull => Volatile.Read(ref _count) >= _capacity;

    /// <summary>How many calls were taken.</summary>
    public int Count => Math.Min(Volatile.Read(ref _count), _capacity);

    /// <summary>The time now, in nanoseconds.</summary>
    public long Now() => (long)(_time.GetTimestamp() * (1e9 / _time.TimestampFrequency));

    /// <summary>A call is about to be made.</summary>
    /// <param name="call">Who, on what, which call with which arguments; the time is put in here.</param>
    /// <returns>To be told how it ends; null when the recorder is full: do not make the call.</returns>
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

    /// <summary>All calls as they are now; those without an outcome are <see cref="Outcome.Pending"/>.</summary>
    public History Snapshot() => new(_calls.Select(call => call.Operation));
}
