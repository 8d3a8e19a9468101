using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Core.Objects.SemaphoreSets;

/// <content>How events change the set, its snapshot, and its invariants.</content>
public sealed partial class SemaphoreSet
{
    // The numbers of the semaphores that the exit of a process has changed. The decision who is served comes after the
    // event.
    private List<int>? _undone;

    /// <summary>Operations that were performed while their caller was away. Its exit undoes them.</summary>
    private sealed record Unheard(int Pid, RepeatedField<SemBuf> Ops, ulong Revision);

    // ---- apply ----

    protected override void ApplyOwn(Event fact)
    {
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.SemaphoreSetCreated:
                var created = fact.SemaphoreSetCreated;
                _semaphores = new Semaphores((int)created.Nsems);
                ApplyCreated(created.Permissions, created.TimeMs, created.Volatile);
                break;
            case Event.FactOneofCase.SemaphoresOperated:
                var operated = fact.SemaphoresOperated;
                Perform(operated.Pid, operated.Ops, operated.TimeMs);
                ApplyCompleted(operated.Pid, new Result { Seq = operated.Seq });
                break;
            case Event.FactOneofCase.OperationParked:
                Apply(new Operation(fact.OperationParked, _nextTicket++));
                break;
            case Event.FactOneofCase.ParkedOperationDone:
                Apply(fact.ParkedOperationDone);
                break;
            case Event.FactOneofCase.SemaphoresSet:
                Apply(fact.SemaphoresSet);
                break;
            case Event.FactOneofCase.SemaphoreSetChanged:
                var set = fact.SemaphoreSetChanged;
                ApplySet(set.Values.Uid, set.Values.Gid, set.Values.Mode, set.TimeMs, set.Pid, set.Seq);
                break;
            case Event.FactOneofCase.UndoBegan:
                _semaphores.RememberUndo(fact.UndoBegan.Pid);
                break;
            case Event.FactOneofCase.SemaphoreSetRemoved:
                _semaphores = new Semaphores(0);
                _undone = null;
                ApplyRemoved();
                break;
            default:
                throw UnknownFact(fact);
        }
    }

    private void Apply(Operation operation)
    {
        if (operation.Ops.Any(op => (op.Flags & IpcFlags.SEM_UNDO) != 0)) _semaphores.RememberUndo(operation.Pid);
        operation.Blocking = _semaphores.Try(operation.Pid, operation.Ops).Blocking;
        Park(operation);
        if (operation.IsArray && _arrays++ == 0) _mergeTicket = operation.Ticket;
    }

    private void Park(Operation operation)
    {
        Waiters.Add(operation);
        _lines.Add(operation);
    }

    private void Apply(ParkedOperationDone done)
    {
        var operation = Waiters.TryGet(done.Pid, done.Seq, out var waiter)
            ? (Operation)waiter
            : throw new InvalidOperationException($"call {done.Pid}.{done.Seq} does not wait");
        var unheard = done.Away ? new Unheard(done.Pid, operation.Ops, Revision) : null;
        ApplyCompleted(done.Pid, new Result { Seq = done.Seq, After = done.After, Next = done.Next }, unheard);
        if (done.After == 0) Perform(done.Pid, operation.Ops, done.TimeMs);
    }

    private void Perform(int pid, RepeatedField<SemBuf> ops, long timeMs)
    {
        _semaphores.Perform(pid, ops);
        _otimeMs = timeMs;
        if (_arrays == 0 || !Semaphores.Alters(ops)) return;
        foreach (var op in ops)
        {
            if (_semaphores.ValueOf((int)op.Num) != 0) continue;
            LookAtZeroArrays();
            return;
        }
    }

    // The zero that an array waits for is determined when the array is tried, as on Linux, and not when semzcnt is
    // read.
    private void LookAtZeroArrays()
    {
        foreach (var operation in Waiters.OfSort<Operation>())
        {
            if (!operation.IsArray || operation.Alters) continue;
            if (_semaphores.Try(operation.Pid, operation.Ops) is { Waits: true } verdict)
                operation.Blocking = verdict.Blocking;
        }
    }

    private void Apply(SemaphoresSet set)
    {
        _semaphores.Set((int)set.First, set.Values, set.Pid, Revision);
        CtimeMs = set.TimeMs;
        ApplyCompleted(set.Pid, new Result { Seq = set.Seq });
        if (_arrays > 0 && _semaphores.HasZero) LookAtZeroArrays();
    }

    protected override void ApplyWaiterRemoved(Waiter waiter)
    {
        if (waiter is not Operation operation) return;
        _lines.Remove(operation);
        if (operation.IsArray) _arrays--;
    }

    protected override void ApplyReturned(IReadOnlyList<object> carried)
    {
        if (Phase != Life.Alive) return;
        foreach (var unheard in carried.Cast<Unheard>())
            _semaphores.TakeBack(unheard.Pid, unheard.Ops, unheard.Revision);
    }

    /// <summary>SEM_UNDO: semop(2), "automatically undone when the process terminates".</summary>
    protected override void ApplyExit(ExitRecorded exit)
    {
        if (_semaphores.Undo(exit.Pid) is not { } undone) return;
        _undone = undone;
        _otimeMs = exit.TimeMs;
        if (_arrays > 0 && _semaphores.HasZero) LookAtZeroArrays();
    }

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        var state = new SemaphoreSetState
        {
            Created = new SemaphoreSetCreated { Id = Id, Volatile = IsVolatile, Nsems = (uint)_semaphores.Count },
            Permissions = Permissions.Clone(),
            OtimeMs = _otimeMs,
            CtimeMs = CtimeMs,
            Removed = Phase == Life.Removed,
            Forgotten = IsForgotten,
            NextTicket = _nextTicket,
            MergeTicket = _mergeTicket,
        };
        _semaphores.Save(state);
        foreach (var operation in Waiters.InLine<Operation>())
        {
            state.Operations.Add(new StoredOperation
            {
                Ticket = operation.Ticket, Parked = operation.ToState(), Blocking = operation.Blocking,
            });
        }

        foreach (var (pid, seq, unheard) in AllCarried<Unheard>())
        {
            var carried = new CarriedOperation { Pid = pid, Seq = seq, Revision = unheard.Revision };
            carried.Ops.AddRange(unheard.Ops);
            state.Carried.Add(carried);
        }

        snapshot.SemaphoreSet = state;
    }

    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.SemaphoreSet;
        _lines.Clear();
        _undone = null;
        LoadShared(state.Permissions, state.CtimeMs, state.Created.Volatile, state.Removed, state.Forgotten);
        _otimeMs = state.OtimeMs;
        (_nextTicket, _mergeTicket, _arrays) = (state.NextTicket, state.MergeTicket, 0);
        _semaphores = new Semaphores((int)state.Created.Nsems);
        _semaphores.Load(state);
        foreach (var stored in state.Operations)
        {
            var operation = new Operation(stored.Parked, stored.Ticket) { Blocking = stored.Blocking };
            Park(operation);
            if (operation.IsArray) _arrays++;
        }

        foreach (var carried in state.Carried)
        {
            var unheard = new Unheard(carried.Pid, carried.Ops, carried.Revision);
            LoadCarried(carried.Pid, carried.Seq, unheard);
        }
    }

    // ---- invariants ----

    public override void CheckInvariants()
    {
        Require(_undone is null, "waiters were served after every exit");
        Require(Values.All(value => value is >= 0 and <= Bounds.SemaphoreValue), "values are between 0 and SEMVMX");
        Require(_semaphores.Adjustments.All(own => own.All(pair => pair.Key < _semaphores.Count
            && pair.Value is not 0 and >= -Bounds.SemaphoreValue - 1 and <= Bounds.SemaphoreValue)),
            "adjustments are within SEMAEM");
        var arrays = 0;
        foreach (var operation in Waiters.OfSort<Operation>())
        {
            if (operation.IsArray) arrays++;
            Require(operation.IsInLine == (operation.Presence != Presence.PassedOver), "every waiter stands in line");
            if (!operation.IsInLine) continue;
            var verdict = _semaphores.Try(operation.Pid, operation.Ops);
            var mayWait = verdict.Waits || (operation is { IsArray: true, Alters: false } && !verdict.Performs);
            Require(mayWait, "no waiter waits that could be served");
        }

        Require(arrays == _arrays, "arrays are counted");
        Require(Waiters.Count > 0 || _lines.IsEmpty, "the lines are empty when no call waits");
    }
}
