using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Memory;

/// <content>How events change who waits and who has a lock; the snapshot of both, and their invariants.</content>
public sealed partial class Extent
{
    // ---- apply ----

    private void Apply(FutexFact fact)
    {
        switch (fact.FactCase)
        {
            case FutexFact.FactOneofCase.Parked:
                Apply(fact.Parked);
                break;
            case FutexFact.FactOneofCase.Woken:
                Apply(fact.Woken);
                break;
            case FutexFact.FactOneofCase.Taken:
                Apply(fact.Taken);
                break;
            case FutexFact.FactOneofCase.Granted:
                Apply(fact.Granted);
                break;
            case FutexFact.FactOneofCase.Unlocked:
                ApplyUnlock(fact.Unlocked.Offset, fact.Unlocked.Pid, fact.Unlocked.Token);
                ApplyCompleted(fact.Unlocked.Pid, new Result { Seq = fact.Unlocked.Seq });
                break;
            case FutexFact.FactOneofCase.Recovered:
                var recovered = fact.Recovered;
                SetWord(recovered.Offset, WordOf(recovered.Offset) & ~FutexWord.OwnerDied);
                ApplyCompleted(recovered.Pid, new Result { Seq = recovered.Seq });
                break;
            case FutexFact.FactOneofCase.Relocking:
                Relock(Waiting(fact.Relocking.Pid, fact.Relocking.Seq), timedOut: true);
                break;
            case FutexFact.FactOneofCase.Passed:
                var passed = fact.Passed;
                _futexes.Lost.RemoveAt(0);
                if (passed.Pid != 0)
                {
                    var id = new FutexCallId { Pid = passed.Pid, Seq = passed.Seq, Index = passed.Index, Away = passed.Away };
                    ApplyWake(id);
                }

                break;
            default:
                throw new InvalidOperationException($"there is no fact {fact.FactCase} of a futex");
        }
    }

    private void Apply(FutexParked parked)
    {
        var ticket = _futexes.NextPlace++;
        if (parked.Call.Lock is { } wanted) Adopt(_futexes.LockOrNew(wanted.Offset));
        if (parked.Call.Wait?.Condition is { } condition) ApplyUnlock(condition.Lock, parked.Pid, condition.Token);
        var count = parked.Call.Waitv?.Words.Count ?? 1;
        Add(new FutexWaiter(parked, ticket) { Places = _futexes.NewPlaces(count) });
        if (parked.Call.Barrier is { } barrier) SetWord(barrier.Offset, WordOf(barrier.Offset) + 1);
    }

    private void Add(FutexWaiter waiter)
    {
        Waiters.Add(waiter);
        _futexes.Add(waiter);
        if (waiter.Locks) MarkWaiters(_futexes.LockAt(waiter.Lock.Offset)!);
    }

    private void Apply(FutexWoken woken)
    {
        foreach (var id in woken.Woken) ApplyWake(id);
        if (woken.HasWord) SetWord(woken.WordOffset, woken.Word);
        foreach (var id in woken.Moved)
        {
            if (woken.To != woken.WordOffset) _futexes.Move(Waiting(id.Pid, id.Seq), woken.WordOffset, woken.To);
        }

        var count = new FutexCount { Count = woken.Count, Serial = woken.Serial };
        ApplyCompleted(woken.Pid, new Result { Seq = woken.Seq, FutexCount = count });
    }

    private void ApplyWake(FutexCallId id)
    {
        var waiter = Waiting(id.Pid, id.Seq);
        if (waiter.Condition is not null)
        {
            Relock(waiter, timedOut: false);
            return;
        }

        waiter.IsServed = true;
        var offset = waiter.Offsets[Math.Max(id.Index, 0)];
        var unheard = id.Away && !waiter.IsBarrier ? new FutexLost { Offset = offset, Bitset = waiter.Bitset } : null;
        ApplyCompleted(id.Pid, new Result { Seq = id.Seq, FutexCount = new FutexCount { Count = id.Index } }, unheard);
    }

    // The caller of a condition waits for the lock from now on, without a deadline.
    private void Relock(FutexWaiter waiter, bool timedOut)
    {
        var (presence, graceUntilMs) = (waiter.Presence, waiter.GraceUntilMs);
        Waiters.Remove(waiter.Pid, waiter.Seq, out _);
        _futexes.Remove(waiter);
        Adopt(_futexes.LockOrNew(waiter.Condition!.Lock));
        var locking = new FutexWaiter(waiter.Parked, waiter.Ticket, isRelocking: true, timedOut)
        {
            Places = _futexes.NewPlaces(1),
        };
        Add(locking);
        if (presence == Presence.Suspended) Waiters.Suspend(locking, graceUntilMs);
        else locking.Presence = presence;
    }

    private void Apply(FutexTaken taken)
    {
        var held = _futexes.LockOrNew(taken.Offset);
        Adopt(held);
        ApplyCompleted(taken.Pid, Take(held, taken.Pid, taken.Seq, taken.Shared, taken.Robust));
    }

    private void Apply(FutexGranted granted)
    {
        var waiter = Waiting(granted.Pid, granted.Seq);
        waiter.IsServed = true;
        var held = _futexes.LockAt(waiter.Lock.Offset)!;
        var result = Take(held, granted.Pid, granted.Seq, waiter.Lock.Shared, waiter.Lock.Robust);
        result.FutexLocked.TimedOut = waiter.TimedOut;
        ApplyCompleted(granted.Pid, result);
    }

    private Result Take(HeldLock held, int pid, ulong seq, bool shared, bool robust)
    {
        held.Holders.Add(new FutexHolder { Pid = pid, Token = Revision, Shared = shared, Robust = robust });
        var died = WordOf(held.Offset) & FutexWord.OwnerDied;
        Write(held, died);
        return new Result { Seq = seq, FutexLocked = new FutexLocked { OwnerDied = died != 0 } };
    }

    private void ApplyUnlock(int offset, int pid, ulong token)
    {
        var word = WordOf(offset);
        if (_futexes.LockAt(offset) is not { } held)
        {
            SetWord(offset, 0);
            return;
        }

        // The process has written its pid into the word by itself, so the word counts, and not who had the lock before.
        if (held.Tid != FutexWord.TidOf(word)) held.Holders.Clear();
        var at = held.Holders.FindIndex(each => each.Pid == pid && (token == 0 || each.Token == token));
        var holder = at >= 0 ? held.Holders[at] : new FutexHolder { Pid = pid };
        if (at >= 0) held.Holders.RemoveAt(at);
        var died = word & FutexWord.OwnerDied;
        if (died != 0 && holder is { Robust: true, Shared: false }) SetWord(offset, FutexWord.NotRecoverable);
        else Write(held, holder.Shared ? died : 0);
        _futexes.Trim(held);
    }

    // Without waiters the word alone says who the owner is.
    private void Adopt(HeldLock held)
    {
        var tid = FutexWord.TidOf(WordOf(held.Offset));
        if (held.Line.Count > 0 || held.Tid == tid) return;
        held.Holders.Clear();
        if (tid is not (0 or FutexWord.Readers)) held.Holders.Add(new FutexHolder { Pid = (int)tid });
    }

    private void Write(HeldLock held, uint died)
    {
        if (WordOf(held.Offset) == FutexWord.NotRecoverable) return;
        SetWord(held.Offset, held.Tid | died | (held.Line.Count > 0 ? FutexWord.Waiters : 0));
    }

    private void MarkWaiters(HeldLock held)
    {
        var word = WordOf(held.Offset);
        if (word == FutexWord.NotRecoverable || FutexWord.TidOf(word) != held.Tid) return;
        SetWord(held.Offset, held.Line.Count > 0 ? word | FutexWord.Waiters : word & ~FutexWord.Waiters);
    }

    // A POSIX object may have become shorter meanwhile.
    private void SetWord(int offset, uint word)
    {
        if (Contains(offset, WordBytes)) _pages.WriteWord(offset, WordBytes, word);
    }

    private FutexWaiter Waiting(int pid, ulong seq) => Waiters.TryGet(pid, seq, out var found)
        ? (FutexWaiter)found
        : throw new InvalidOperationException($"call {pid}.{seq} does not wait");

    protected override void ApplyWaiterRemoved(Waiter waiter)
    {
        if (waiter is not FutexWaiter futex) return;
        _futexes.Remove(futex);
        if (futex.Locks)
        {
            var held = _futexes.LockAt(futex.Lock.Offset)!;
            MarkWaiters(held);
            _futexes.Trim(held);
        }

        if (futex.IsServed) return;
        if (futex.IsBarrier) SetWord(futex.Offsets[0], WordOf(futex.Offsets[0]) - 1);
        else if (futex is { IsRelocking: true, TimedOut: false })
            _futexes.Lost.Add(new FutexLost { Offset = futex.Call.Wait.Offset, Bitset = futex.Bitset });
    }

    protected override void ApplyReturned(IReadOnlyList<object> carried)
    {
        if (_life == Life.Alive) _futexes.Lost.AddRange(carried.OfType<FutexLost>());
    }

    protected override void ApplyExit(ExitRecorded exit)
    {
        foreach (var held in _futexes.Locks.Where(each => each.Holders.Any(own => own.Pid == exit.Pid)).ToArray())
        {
            var isKnown = held.Tid == FutexWord.TidOf(WordOf(held.Offset));
            var died = held.Holders[0].Shared ? WordOf(held.Offset) & FutexWord.OwnerDied : FutexWord.OwnerDied;
            held.Holders.RemoveAll(own => own.Pid == exit.Pid);
            if (isKnown) Write(held, died);
            _futexes.Trim(held);
        }
    }

    // ---- snapshot ----

    private FutexState? SaveFutexes()
    {
        var state = new FutexState { NextPlace = _futexes.NextPlace };
        foreach (var waiter in Waiters.InLine<FutexWaiter>())
        {
            state.Waiters.Add(new StoredFutexWaiter
            {
                Ticket = waiter.Ticket,
                Parked = waiter.Parked.Clone(),
                Places = { waiter.Places },
                Relocking = waiter.IsRelocking,
                TimedOut = waiter.TimedOut,
                Offsets = { waiter.Offsets },
            });
        }

        foreach (var held in _futexes.Locks)
            state.Locks.Add(new StoredFutexLock { Offset = held.Offset, Holders = { held.Holders } });
        state.Lost.AddRange(_futexes.Lost);
        foreach (var (pid, seq, lost) in AllCarried<FutexLost>())
        {
            state.Unheard.Add(new FutexUnheard { Pid = pid, Seq = seq, Offset = lost.Offset, Bitset = lost.Bitset });
        }

        return _futexes.IsEmpty && state.Unheard.Count == 0 ? null : state;
    }

    private void LoadFutexes(FutexState? state)
    {
        _futexes.Clear();
        if (state is null) return;
        _futexes.NextPlace = state.NextPlace;
        foreach (var stored in state.Locks) _futexes.LockOrNew(stored.Offset).Holders.AddRange(stored.Holders);
        foreach (var stored in state.Waiters)
        {
            var waiter = new FutexWaiter(stored.Parked, stored.Ticket, stored.Relocking, stored.TimedOut)
            {
                Places = [.. stored.Places],
            };
            stored.Offsets.CopyTo(waiter.Offsets, 0);
            Waiters.Add(waiter);
            _futexes.Add(waiter);
        }

        _futexes.Lost.AddRange(state.Lost);
        foreach (var unheard in state.Unheard)
            LoadCarried(unheard.Pid, unheard.Seq, new FutexLost { Offset = unheard.Offset, Bitset = unheard.Bitset });
    }

    // ---- invariants ----

    private void CheckFutexes()
    {
        var locks = _futexes.Locks.ToArray();
        Require(_life is Life.Alive or Life.Unknown || _futexes.IsEmpty, "only an extent that is alive has waiters");
        Require(locks.All(each => each.Holders.Count + each.Line.Count > 0), "a lock is held or waited for");
        Require(
            locks.All(each => each.Holders.Count < 2 || each.Holders.All(own => own.Shared)), "a lock has one owner, or readers");
        Require(!locks.Any(each => each.Holders.Any(own => Ledger.HasExited(own.Pid))), "an exited process has no lock");
        Require(
            locks.All(each => NextOf(each) is not { } next || !IsFree(each, next.Lock.Shared)),
            "nobody in line waits for a lock that is free");
        Require(
            Waiters.OfSort<FutexWaiter>().All(waiter => !waiter.Locks || _futexes.LockAt(waiter.Lock.Offset) is not null),
            "everybody who waits for a lock is in its line");
    }
}
