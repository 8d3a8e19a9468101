using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Memory;

/// <content>
/// Locks on words: FUTEX_LOCK_PI and its like, with readers, and robust as pthread_mutexattr_setrobust(3) has it. The extent
/// knows who has which lock, so that the notice of an exit frees it and tells the next owner. While nobody waits the word
/// alone says who the owner is, as in futex(2): a process may take and free the lock by operations on the word.
/// </content>
public sealed partial class Extent
{
    private const int LocksPerListing = 1_000;
    private const int CallersPerListing = 4_000;

    // How many locks the search for a deadlock visits: RT_MUTEX max_lock_depth of the kernel.
    private const int LockDepth = 1_024;

    // ---- decide ----

    private void DecideLock(int pid, Call call)
    {
        switch (call.Futex.OpCase)
        {
            case FutexCall.OpOneofCase.Lock:
                Lock(pid, call, call.Futex.Lock);
                break;
            case FutexCall.OpOneofCase.Unlock:
                Unlock(pid, call.Seq, call.Futex.Unlock);
                break;
            case FutexCall.OpOneofCase.Recover:
                Recover(pid, call.Seq, call.Futex.Recover);
                break;
            case FutexCall.OpOneofCase.List:
                AnswerUnrecorded(pid, new Result { Seq = call.Seq, FutexListing = List(call.Futex.List.From) });
                break;
            default:
                FailUnrecorded(pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    private void Lock(int pid, Call call, FutexLock wanted)
    {
        var errno = WhyNotLock(pid, wanted, out var mayTake);
        if (errno != Errno.None) FailRecorded(pid, call.Seq, errno);
        else if (mayTake)
        {
            var taken = new FutexTaken
            {
                Pid = pid, Seq = call.Seq, Offset = wanted.Offset, Shared = wanted.Shared, Robust = wanted.Robust,
            };
            Emit(new FutexFact { Taken = taken });
            Release(pid, call.Seq);
        }
        else if (wanted.Tries) FailRecorded(pid, call.Seq, Errno.EAGAIN);
        else TryPark(pid, call);
    }

    private Errno WhyNotLock(int pid, FutexLock wanted, out bool mayTake)
    {
        mayTake = false;
        var word = WordOf(wanted.Offset);
        var held = _futexes.LockAt(wanted.Offset);
        if ((uint)pid >= FutexWord.TidMask) return Errno.EOVERFLOW;
        if (word == FutexWord.NotRecoverable) return Errno.ENOTRECOVERABLE;
        var isKnown = held is not null && held.Tid == FutexWord.TidOf(word);
        // EINVAL: "The kernel detected an inconsistency between the user-space state at uaddr and the kernel state."
        if (!isKnown && (held is { Line.Count: > 0 } || FutexWord.TidOf(word) == FutexWord.Readers)) return Errno.EINVAL;
        var owner = isKnown ? 0 : (int)FutexWord.TidOf(word); // who has written its pid into the word by itself
        // ESRCH: "The thread ID in the futex word at uaddr does not exist."
        if (owner != 0 && Ledger.HasExited(owner)) return Errno.ESRCH;
        mayTake = owner == 0 && (!isKnown || MayTake(held!, wanted));
        if (mayTake) return held?.Holders.Count >= Bounds.FutexWaiters ? Errno.ENOMEM : Errno.None;
        // EINVAL, as of the kernel: somebody waits at the word who does not wait for the lock.
        if (_futexes.LineAt(wanted.Offset).Count > 0) return Errno.EINVAL;
        if (wanted.Queues) return Errno.None;
        // EDEADLK: "The futex word at uaddr is already locked by the caller", or a cycle of owners that wait.
        var isOwn = owner == pid || (isKnown && held!.Holders.Any(each => each.Pid == pid));
        return isOwn || (!wanted.Tries && WaitsFor(wanted.Offset, pid)) ? Errno.EDEADLK : Errno.None;
    }

    // A newcomer takes a lock only if nobody who is present waits before it.
    private static bool MayTake(HeldLock held, FutexLock wanted) =>
        IsFree(held, wanted.Shared)
        && (NextOf(held) is not { } next || (wanted.First && !next.Lock.First));

    private static bool IsFree(HeldLock held, bool shared) =>
        held.Holders.Count == 0 || (shared && held.Holders[0].Shared);

    // Whether an owner of the lock waits, by way of any locks of this extent, for a lock of the process.
    private bool WaitsFor(int offset, int pid)
    {
        var seen = new HashSet<int> { offset };
        var next = new Queue<int>([offset]);
        while (next.TryDequeue(out var at) && seen.Count <= LockDepth)
        {
            foreach (var holder in _futexes.LockAt(at)?.Holders ?? [])
            {
                if (holder.Pid == pid) return true;
                var waits = Waiters.Of(holder.Pid).OfType<FutexWaiter>()
                    .Where(waiter => waiter is { Locks: true, Lock.Queues: false });
                foreach (var waiter in waits.Where(waiter => seen.Add(waiter.Lock.Offset))) next.Enqueue(waiter.Lock.Offset);
            }
        }

        return false;
    }

    /// <summary>What the process has of a lock; null: nothing.</summary>
    private FutexHolder? Holder(int offset, int pid, ulong token)
    {
        var tid = FutexWord.TidOf(WordOf(offset));
        if (_futexes.LockAt(offset) is { } held && held.Tid == tid)
            return held.Holders.Find(each => each.Pid == pid && (token == 0 || each.Token == token));
        // Without waiters the word alone decides: the process may have written its pid there by itself.
        return token == 0 && tid == (uint)pid && !IsLockLine(offset) ? new FutexHolder { Pid = pid } : null;
    }

    private void Unlock(int pid, ulong seq, FutexUnlock unlock)
    {
        // EPERM: "The caller does not own the lock represented by the futex word."
        if (Holder(unlock.Offset, pid, unlock.Token) is null)
        {
            FailRecorded(pid, seq, Errno.EPERM);
            return;
        }

        var unlocked = new FutexUnlocked { Pid = pid, Seq = seq, Offset = unlock.Offset, Token = unlock.Token };
        Emit(new FutexFact { Unlocked = unlocked });
        Release(pid, seq);
        ServeFutexes(unlock.Offset);
    }

    private void Recover(int pid, ulong seq, FutexRecover recover)
    {
        // EINVAL, pthread_mutex_consistent(3): "mutex ... is not in an inconsistent state".
        if (Holder(recover.Offset, pid, recover.Token) is not { Shared: false }) FailRecorded(pid, seq, Errno.EPERM);
        else if ((WordOf(recover.Offset) & FutexWord.OwnerDied) == 0) FailRecorded(pid, seq, Errno.EINVAL);
        else
        {
            var recovered = new FutexUnlocked { Pid = pid, Seq = seq, Offset = recover.Offset, Token = recover.Token };
            Emit(new FutexFact { Recovered = recovered });
            Release(pid, seq);
        }
    }

    private FutexListing List(int from)
    {
        var listing = new FutexListing();
        var callers = 0;
        foreach (var held in _futexes.Locks.Where(each => each.Offset >= from))
        {
            if (listing.Locks.Count >= LocksPerListing || callers >= CallersPerListing)
            {
                listing.More = true;
                break;
            }

            var state = new FutexLockState { Offset = held.Offset, Word = WordOf(held.Offset) };
            state.Holders.AddRange(held.Holders.Take(LocksPerListing).Select(each => each.Clone()));
            state.Waiters.AddRange(held.Line.Values.Take(LocksPerListing).Select(waiter => new FutexHolder
            {
                Pid = waiter.Pid, Shared = waiter.Lock.Shared, Robust = waiter.Lock.Robust,
            }));
            callers += state.Holders.Count + state.Waiters.Count;
            listing.Locks.Add(state);
        }

        return listing;
    }

    // ---- serve ----

    private void ServeFutexes(int offset)
    {
        ServeLock(offset);
        while (_futexes.Lost is [var lost, ..]) PassOn(lost);
    }

    /// <summary>Gives a lock to those in line, as long as it is free for them.</summary>
    private void ServeLock(int offset)
    {
        while (_futexes.LockAt(offset) is { Line.Count: > 0 } held)
        {
            if (WordOf(offset) == FutexWord.NotRecoverable)
            {
                foreach (var waiter in held.Line.Values.ToArray())
                    FailRecorded(waiter.Pid, waiter.Seq, Errno.ENOTRECOVERABLE);
                return;
            }

            if (NextOf(held) is not { } next || !IsFree(held, next.Lock.Shared)) return;
            Emit(new FutexFact { Granted = new FutexGranted { Pid = next.Pid, Seq = next.Seq } });
            Release(next.Pid, next.Seq);
        }
    }

    private static FutexWaiter? NextOf(HeldLock held)
    {
        FutexWaiter? next = null;
        foreach (var waiter in held.Line.Values)
        {
            if (waiter.Presence == Presence.PassedOver) continue;
            if (waiter.Lock.First) return waiter;
            next ??= waiter;
        }

        return next;
    }
}
