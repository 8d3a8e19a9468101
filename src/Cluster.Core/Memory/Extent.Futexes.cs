using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Memory;

/// <content>
/// futex(2): callers that wait at words of 32 bits. The comparison of a word and the parking of its caller are one step, since
/// the extent decides one call at a time. Callers are woken in the order in which they came. A caller that is passed over is
/// woken after those that are present, so that no wake-up waits for it while another one could use it. A wake-up that came
/// while its caller was away, and of which the caller never heard before it ended, goes to another caller.
/// </content>
public sealed partial class Extent
{
    private const int WordBytes = sizeof(uint);

    private readonly FutexTable _futexes = new();

    // ---- decide ----

    private void DecideFutex(int pid, Call call)
    {
        var futex = call.Futex;
        if (WhyNotFutex(pid, call) is { } rejection)
        {
            Reject(pid, call.Seq, rejection);
            return;
        }

        switch (futex.OpCase)
        {
            case FutexCall.OpOneofCase.Wait:
                Wait(pid, call, futex.Wait);
                break;
            case FutexCall.OpOneofCase.Waitv:
                Waitv(pid, call, futex.Waitv);
                break;
            case FutexCall.OpOneofCase.Wake:
                Wake(pid, call.Seq, futex.Wake);
                break;
            case FutexCall.OpOneofCase.Requeue:
                Requeue(pid, call.Seq, futex.Requeue);
                break;
            case FutexCall.OpOneofCase.WakeOp:
                WakeOp(pid, call.Seq, futex.WakeOp);
                break;
            case FutexCall.OpOneofCase.Barrier:
                Arrive(pid, call, futex.Barrier);
                break;
            default:
                DecideLock(pid, call);
                break;
        }
    }

    private Rejection? WhyNotFutex(int pid, Call call)
    {
        var futex = call.Futex;
        // EINVAL: "uaddr does not point to a valid object - that is, the address is not four-byte-aligned."
        if (call.TimeoutMs < 0 || OffsetsOf(futex) is not { } offsets || offsets.Any(offset => offset % WordBytes != 0))
            return Rejection.Unrecorded(Errno.EINVAL);
        if (!May(pid, futex.Attachment, futex.Capability, reads: true, Changes(futex)))
            return Rejection.Unrecorded(Errno.EACCES);
        if (offsets.Any(offset => !Contains(offset, WordBytes)))
            return IsResizable ? Rejection.Recorded(Errno.EFAULT) : Rejection.Unrecorded(Errno.EFAULT);
        return null;
    }

    // Whether the call changes a word.
    private static bool Changes(FutexCall futex) => futex.OpCase switch
    {
        FutexCall.OpOneofCase.Wait => futex.Wait.Condition is not null,
        FutexCall.OpOneofCase.Waitv or FutexCall.OpOneofCase.Wake or FutexCall.OpOneofCase.Requeue => false,
        FutexCall.OpOneofCase.List => false,
        _ => true,
    };

    private static int[]? OffsetsOf(FutexCall futex) => futex.OpCase switch
    {
        FutexCall.OpOneofCase.Wait when futex.Wait.Condition is { } condition => [futex.Wait.Offset, condition.Lock],
        FutexCall.OpOneofCase.Wait => [futex.Wait.Offset],
        FutexCall.OpOneofCase.Wake => [futex.Wake.Offset],
        FutexCall.OpOneofCase.Lock => [futex.Lock.Offset],
        FutexCall.OpOneofCase.Unlock => [futex.Unlock.Offset],
        FutexCall.OpOneofCase.Recover => [futex.Recover.Offset],
        FutexCall.OpOneofCase.Requeue => [futex.Requeue.Offset, futex.Requeue.To],
        FutexCall.OpOneofCase.WakeOp => [futex.WakeOp.Offset, futex.WakeOp.To],
        FutexCall.OpOneofCase.Barrier => [futex.Barrier.Offset],
        FutexCall.OpOneofCase.List => [],
        // EINVAL, futex_waitv: no word, or more than FUTEX_WAITV_MAX.
        FutexCall.OpOneofCase.Waitv when futex.Waitv.Words.Count is > 0 and <= Bounds.FutexWaitvWords =>
            [.. futex.Waitv.Words.Select(word => word.Offset)],
        _ => null,
    };

    private uint WordOf(int offset) => Contains(offset, WordBytes) ? (uint)_pages.ReadWord(offset, WordBytes) : 0;

    private void Wait(int pid, Call call, FutexWait wait)
    {
        // EINVAL: "the bitset supplied in val3 is zero."
        if (wait.Bitset == 0) FailUnrecorded(pid, call.Seq, Errno.EINVAL);
        else if (wait.Condition is { } condition && Holder(condition.Lock, pid, condition.Token) is not { Shared: false })
            FailRecorded(pid, call.Seq, Errno.EPERM);
        // EAGAIN: "the value pointed to by uaddr was not equal to the expected value val at the time of the call."
        else if (WordOf(wait.Offset) == wait.Expected == wait.Differs) FailRecorded(pid, call.Seq, Errno.EAGAIN);
        // Not of Linux, where a wake-up finds both sorts of callers there, and fails: a lock is no word to wait at.
        else if (_futexes.LockAt(wait.Offset) is { Line.Count: > 0 }) FailRecorded(pid, call.Seq, Errno.EINVAL);
        else if (TryPark(pid, call, mayExpireLater: wait.Condition is not null) && wait.Condition is not null)
            ServeFutexes(wait.Condition.Lock);
    }

    private void Waitv(int pid, Call call, FutexWaitv waitv)
    {
        if (waitv.Words.Any(word => WordOf(word.Offset) != word.Expected)) FailRecorded(pid, call.Seq, Errno.EAGAIN);
        else if (waitv.Words.Any(word => _futexes.LockAt(word.Offset) is { Line.Count: > 0 }))
            FailRecorded(pid, call.Seq, Errno.EINVAL);
        else TryPark(pid, call);
    }

    private void Arrive(int pid, Call call, FutexBarrier barrier)
    {
        if (barrier.Count <= 0)
        {
            FailUnrecorded(pid, call.Seq, Errno.EINVAL);
            return;
        }

        var others = _futexes.LineAt(barrier.Offset).Where(waiter => waiter.IsBarrier).ToArray();
        if (WordOf(barrier.Offset) + 1L < barrier.Count)
        {
            TryPark(pid, call);
            return;
        }

        var woken = new FutexWoken { Pid = pid, Seq = call.Seq, Word = 0, WordOffset = barrier.Offset, Serial = true };
        woken.Woken.AddRange(others.Select(waiter => ToId(waiter, barrier.Offset)));
        EmitWoken(woken);
    }

    private bool TryPark(int pid, Call call, bool mayExpireLater = false)
    {
        if (call is { HasTimeoutMs: true, TimeoutMs: 0 } && !mayExpireLater)
        {
            FailRecorded(pid, call.Seq, Errno.ETIMEDOUT);
            return false;
        }

        if (Waiters.Count >= Bounds.FutexWaiters)
        {
            FailRecorded(pid, call.Seq, Errno.ENOMEM);
            return false;
        }

        var waits = call.Futex.Clone();
        (waits.Capability, waits.Attachment) = (0, 0);
        var parked = new FutexParked { Pid = pid, Seq = call.Seq, DeadlineMs = DeadlineOf(call), Call = waits };
        Emit(new FutexFact { Parked = parked });
        return true;
    }

    private void Wake(int pid, ulong seq, FutexWake wake)
    {
        // EINVAL: "The kernel detected an inconsistency ... it detected a waiter which waits ... via FUTEX_LOCK_PI".
        if (wake.Count < 0 || wake.Bitset == 0) FailUnrecorded(pid, seq, Errno.EINVAL);
        else if (_futexes.LockAt(wake.Offset) is { Line.Count: > 0 }) FailRecorded(pid, seq, Errno.EINVAL);
        else
        {
            var woken = new FutexWoken { Pid = pid, Seq = seq };
            woken.Woken.AddRange(Choose(wake.Offset, wake.Count, wake.Bitset).Select(each => ToId(each, wake.Offset)));
            woken.Count = woken.Woken.Count;
            EmitWoken(woken);
        }
    }

    private void Requeue(int pid, ulong seq, FutexRequeue requeue)
    {
        if (requeue.Wake < 0 || requeue.Requeue < 0)
        {
            FailUnrecorded(pid, seq, Errno.EINVAL);
        }
        // EAGAIN: "The value pointed to by uaddr is not equal to the expected value val3."
        else if (requeue.HasExpected && WordOf(requeue.Offset) != requeue.Expected)
        {
            FailRecorded(pid, seq, Errno.EAGAIN);
        }
        else if (IsLockLine(requeue.Offset) || IsLockLine(requeue.To))
        {
            FailRecorded(pid, seq, Errno.EINVAL);
        }
        else
        {
            var chosen = Choose(requeue.Offset, requeue.Wake, uint.MaxValue).ToHashSet();
            var moved = _futexes.LineAt(requeue.Offset)
                .Where(waiter => !waiter.IsBarrier && !chosen.Contains(waiter)).Distinct().Take(requeue.Requeue);
            var woken = new FutexWoken { Pid = pid, Seq = seq, To = requeue.To, WordOffset = requeue.Offset };
            woken.Woken.AddRange(chosen.Select(waiter => ToId(waiter, requeue.Offset)));
            woken.Moved.AddRange(moved.Select(waiter => ToId(waiter, requeue.Offset)));
            woken.Count = woken.Woken.Count + woken.Moved.Count;
            EmitWoken(woken);
        }
    }

    private bool IsLockLine(int offset) => _futexes.LockAt(offset) is { Line.Count: > 0 };

    private void WakeOp(int pid, ulong seq, FutexWakeOp call)
    {
        var old = (int)WordOf(call.To);
        if (call.Wake < 0 || call.WakeTo < 0)
        {
            FailUnrecorded(pid, seq, Errno.EINVAL);
        }
        // ENOSYS: "Invalid operation specified".
        else if (FutexOperation.Next(old, call) is not { } next || FutexOperation.Holds(old, call) is not { } holds)
        {
            FailUnrecorded(pid, seq, Errno.ENOSYS);
        }
        else if (IsLockLine(call.Offset) || IsLockLine(call.To))
        {
            FailRecorded(pid, seq, Errno.EINVAL);
        }
        else if (call.HasUnless && old == call.Unless)
        {
            FailRecorded(pid, seq, Errno.ERANGE);
        }
        else
        {
            var first = Choose(call.Offset, call.Wake, uint.MaxValue);
            var woken = new FutexWoken { Pid = pid, Seq = seq, Word = (uint)next, WordOffset = call.To };
            woken.Woken.AddRange(first.Select(waiter => ToId(waiter, call.Offset)));
            var second = holds ? Choose(call.To, call.WakeTo, uint.MaxValue, first) : [];
            woken.Woken.AddRange(second.Select(waiter => ToId(waiter, call.To)));
            woken.Count = woken.Woken.Count;
            EmitWoken(woken);
        }
    }

    // ---- serve ----

    // Those that are present before those that were passed over; each of the two in the order of the line.
    private List<FutexWaiter> Choose(int offset, int count, uint bitset, List<FutexWaiter>? except = null)
    {
        var fitting = _futexes.LineAt(offset)
            .Where(each => !each.IsBarrier && (each.Bitset & bitset) != 0 && except?.Contains(each) is not true)
            .Distinct(); // futex_waitv(2) may name a word twice
        List<FutexWaiter> chosen = [.. fitting.Where(each => each.Presence != Presence.PassedOver).Take(count)];
        if (chosen.Count < count)
            chosen.AddRange(fitting.Where(each => each.Presence == Presence.PassedOver).Take(count - chosen.Count));
        return chosen;
    }

    private static FutexCallId ToId(FutexWaiter waiter, int offset) => new()
    {
        Pid = waiter.Pid,
        Seq = waiter.Seq,
        Index = Array.IndexOf(waiter.Offsets, offset),
        Away = waiter.Presence != Presence.Connected,
    };

    private void EmitWoken(FutexWoken woken)
    {
        var locks = woken.Woken.Select(LockOf).OfType<int>().Distinct().ToArray();
        Emit(new FutexFact { Woken = woken });
        if (woken.Seq != 0) Release(woken.Pid, woken.Seq);
        foreach (var id in woken.Woken) Release(id.Pid, id.Seq); // nothing happens to one that waits for a lock now
        foreach (var offset in locks) ServeFutexes(offset);
    }

    private int? LockOf(FutexCallId id) =>
        Waiters.TryGet(id.Pid, id.Seq, out var waiter) ? ((FutexWaiter)waiter).Condition?.Lock : null;

    private void ServeFutexes()
    {
        if (_life != Life.Alive) return;
        foreach (var offset in _futexes.Locks.Where(each => each.Line.Count > 0).Select(each => each.Offset).ToArray())
            ServeLock(offset);
        while (_futexes.Lost is [var lost, ..]) PassOn(lost);
    }

    private void PassOn(FutexLost lost)
    {
        var passed = new FutexPassed { Offset = lost.Offset };
        var heir = Choose(lost.Offset, 1, lost.Bitset).FirstOrDefault();
        if (heir is not null)
        {
            var id = ToId(heir, lost.Offset);
            (passed.Pid, passed.Seq, passed.Index, passed.Away) = (id.Pid, id.Seq, id.Index, id.Away);
        }

        Emit(new FutexFact { Passed = passed });
        if (heir is null) return;
        if (heir.Condition is { } condition) ServeLock(condition.Lock);
        else Release(heir.Pid, heir.Seq);
    }

    protected override bool TryEnd(Waiter waiter, Errno errno)
    {
        if (errno != Errno.ETIMEDOUT || waiter is not FutexWaiter { Condition: { } condition, IsRelocking: false })
            return false;
        Emit(new FutexFact { Relocking = new FutexRelocking { Pid = waiter.Pid, Seq = waiter.Seq } });
        ServeFutexes(condition.Lock);
        return true;
    }

    protected override void OnCallerBack(Waiter waiter, Presence before)
    {
        if (before == Presence.PassedOver) ServeFutexes();
    }

    protected override void OnPassedOver(Waiter waiter) => ServeFutexes();

    protected override void AfterWaitersRemoved() => ServeFutexes();

    protected override void OnRecovered() => ServeFutexes();

    private void Emit(FutexFact fact) => Emit(new Event { Futex = fact });
}
