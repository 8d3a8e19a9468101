using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.PosixSemaphores;

/// <content>How events change the semaphore, its snapshot, and its invariants.</content>
public sealed partial class PosixSemaphore
{
    // What a result carries whose caller was away: one of the value, which the end of the process gives back.
    private static readonly object Unheard = new();

    // ---- apply ----

    protected override void ApplyNamed(Event fact)
    {
        if (fact.FactCase != Event.FactOneofCase.PosixSemaphore) throw UnknownFact(fact);
        Apply(fact.PosixSemaphore);
    }

    private void Apply(PosixSemaphoreFact fact)
    {
        switch (fact.FactCase)
        {
            case PosixSemaphoreFact.FactOneofCase.Created:
                var created = fact.Created;
                _value = created.Value;
                ApplyCreated(
                    created.Permissions, created.TimeMs, created.Volatile, created.Creator, created.CreatorSeq);
                break;
            case PosixSemaphoreFact.FactOneofCase.Taken:
                Take(fact.Taken.Pid, fact.Taken.Undo);
                ApplyCompleted(fact.Taken.Pid, new Result { Seq = fact.Taken.Seq });
                break;
            case PosixSemaphoreFact.FactOneofCase.Parked:
                Add(new PosixSemaphoreWaiter(fact.Parked, _nextTicket++));
                break;
            case PosixSemaphoreFact.FactOneofCase.Granted:
                Apply(fact.Granted);
                break;
            case PosixSemaphoreFact.FactOneofCase.Posted:
                _value++;
                if (fact.Posted.Undo) CountUndo(fact.Posted.Pid, -1);
                ApplyCompleted(fact.Posted.Pid, new Result { Seq = fact.Posted.Seq });
                break;
            case PosixSemaphoreFact.FactOneofCase.Removed:
                _undo.Clear();
                ApplyNamedRemoved();
                break;
            default:
                throw new InvalidOperationException($"there is no fact {fact.FactCase} of a POSIX semaphore");
        }
    }

    private void Apply(PosixSemaphoreGranted granted)
    {
        var waiter = Waiters.TryGet(granted.Pid, granted.Seq, out var found)
            ? (PosixSemaphoreWaiter)found
            : throw new InvalidOperationException($"call {granted.Pid}.{granted.Seq} does not wait");
        var unheard = granted.Away && !waiter.Undo ? Unheard : null; // the undo gives the other ones back
        ApplyCompleted(granted.Pid, new Result { Seq = granted.Seq }, unheard);
        Take(granted.Pid, waiter.Undo);
    }

    private void Take(int pid, bool undo)
    {
        _value--;
        if (undo) CountUndo(pid, 1);
    }

    private void CountUndo(int pid, long change)
    {
        var count = (_undo.TryGetValue(pid, out var before) ? before : 0) + change;
        _undo.Remove(pid);
        if (count > 0) _undo.TryAdd(pid, count);
    }

    protected override void ApplyReturned(IReadOnlyList<object> carried)
    {
        if (Phase == Life.Alive) Add(carried.Count);
    }

    private void Add(long count) => _value = Math.Min(_value + count, Bounds.PosixSemaphoreValue);

    protected override void ApplyExit(ExitRecorded exit)
    {
        base.ApplyExit(exit);
        if (_undo.Remove(exit.Pid, out var count)) Add(count);
    }

    private void Add(PosixSemaphoreWaiter waiter)
    {
        Waiters.Add(waiter);
        _line.Add(waiter, 0);
        _waiterCount++;
    }

    protected override void ApplyWaiterRemoved(Waiter waiter)
    {
        if (waiter is not PosixSemaphoreWaiter) return;
        if (waiter.InTree) _line.Remove(waiter);
        _waiterCount--;
    }

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        var state = new PosixSemaphoreState
        {
            Created = new PosixSemaphoreCreated
            {
                Permissions = Permissions.Clone(), Value = _value, Volatile = IsVolatile,
            },
            CtimeMs = CtimeMs,
            Removed = Phase == Life.Removed,
            Forgotten = IsForgotten,
            NextTicket = _nextTicket,
            Descriptions = SaveDescriptions(),
        };
        foreach (var waiter in Waiters.InLine<PosixSemaphoreWaiter>())
            state.Waiters.Add(new StoredPosixSemaphoreWaiter { Ticket = waiter.Ticket, Parked = waiter.ToState() });
        foreach (var (pid, count) in _undo.Entries.OrderBy(each => each.Key))
            state.Undos.Add(new PosixSemaphoreUndo { Pid = pid, Count = count });
        foreach (var (pid, seq, _) in AllCarried<object>())
            state.Unheard.Add(new PosixSemaphoreUnheard { Pid = pid, Seq = seq });
        snapshot.PosixSemaphore = state;
    }

    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.PosixSemaphore;
        _line.Clear();
        _undo.Clear();
        _waiterCount = 0;
        (_value, _nextTicket) = (state.Created.Value, state.NextTicket);
        LoadShared(state.Created.Permissions, state.CtimeMs, state.Created.Volatile, state.Removed, state.Forgotten);
        foreach (var stored in state.Waiters) Add(new PosixSemaphoreWaiter(stored.Parked, stored.Ticket));
        foreach (var undo in state.Undos) _undo.TryAdd(undo.Pid, undo.Count);
        foreach (var unheard in state.Unheard) LoadCarried(unheard.Pid, unheard.Seq, Unheard);
        LoadDescriptions(state.Descriptions);
    }

    // ---- invariants ----

    public override void CheckInvariants()
    {
        CheckDescriptions();
        Require(_value is >= 0 and <= Bounds.PosixSemaphoreValue, "the value is in its range");
        Require(_line.Count == 0 || _value == 0, "no caller waits in line for a value that is there");
        var waiters = Waiters.OfSort<PosixSemaphoreWaiter>().ToArray();
        Require(_waiterCount == waiters.Length, "callers are counted");
        Require(
            waiters.All(waiter => waiter.InTree || waiter.Presence == Presence.PassedOver),
            "every caller has one place");
        Require(!_undo.Keys.Any(Ledger.HasExited), "what an exited process had is given back");
    }
}
