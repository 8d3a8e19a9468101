using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Memory;

/// <summary>A caller that waits at a word, at several words (futex_waitv(2)), or for a lock.</summary>
/// <param name="parked">The call.</param>
/// <param name="ticket">Its number among the waiters of the extent.</param>
/// <param name="isRelocking">It has waited for a condition, and waits for the lock now. Then it has no deadline.</param>
/// <param name="timedOut">The time-out of its condition has passed.</param>
internal sealed class FutexWaiter(FutexParked parked, ulong ticket, bool isRelocking = false, bool timedOut = false)
    : Waiter(parked.Pid, parked.Seq, ticket, isRelocking ? 0 : parked.DeadlineMs, new Credentials())
{
    public FutexParked Parked => parked;

    public FutexCall Call => parked.Call;

    public bool IsRelocking => isRelocking;

    public bool TimedOut => timedOut;

    /// <summary>Whether it gets what it waits for. If not, a wake-up that it has had goes to another one.</summary>
    public bool IsServed { get; set; }

    public bool IsBarrier => Call.OpCase == FutexCall.OpOneofCase.Barrier;

    /// <summary>Whether it waits for a lock.</summary>
    public bool Locks => isRelocking || Call.OpCase == FutexCall.OpOneofCase.Lock;

    /// <summary>The condition for which it waits, or has waited; null: none.</summary>
    public FutexCondition? Condition => Call.Wait?.Condition;

    /// <summary>The lock that it takes.</summary>
    public FutexLock Lock { get; } = isRelocking
        ? new FutexLock { Offset = parked.Call.Wait.Condition.Lock, Queues = true, Robust = true }
        : parked.Call.Lock;

    /// <summary>The words, or the one lock, at which it waits now.</summary>
    public int[] Offsets { get; } = isRelocking ? [parked.Call.Wait.Condition.Lock] : OffsetsOf(parked.Call);

    /// <summary>Its places in the lines of <see cref="Offsets"/>.</summary>
    public ulong[] Places { get; init; } = [];

    /// <summary>FUTEX_WAIT_BITSET.</summary>
    public uint Bitset => Call.OpCase == FutexCall.OpOneofCase.Wait ? Call.Wait.Bitset : uint.MaxValue;

    public override Call ToCall() => new() { Seq = Seq, Futex = Call };

    private static int[] OffsetsOf(FutexCall call) => call.OpCase switch
    {
        FutexCall.OpOneofCase.Wait => [call.Wait.Offset],
        FutexCall.OpOneofCase.Barrier => [call.Barrier.Offset],
        FutexCall.OpOneofCase.Lock => [call.Lock.Offset],
        FutexCall.OpOneofCase.Waitv => [.. call.Waitv.Words.Select(word => word.Offset)],
        _ => throw new InvalidOperationException($"the call {call.OpCase} does not wait"),
    };
}
