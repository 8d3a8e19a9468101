using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Core.Objects.SemaphoreSet;

/// <content>How events change the set, how its state is saved, and what must always hold.</content>
public sealed partial class SemaphoreSet
{
    // What the end of a process has changed; the decision who is served comes after the event.
    private List<int>? _undone;

    // While a snapshot is loaded: what the stored results carry.
    private Dictionary<(int Pid, ulong Seq), Unheard>? _loading;

    /// <summary>Operations performed for a caller that was away, who may never hear of it.</summary>
    private sealed record Unheard(int Pid, RepeatedField<SemBuf> Ops, ulong Revision);

    // ---- apply ----

    /// <inheritdoc/>
    protected override void ApplyFact(Event fact)
    {
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.SemaphoreSetCreated:
                Apply(fact.SemaphoreSetCreated);
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
                Apply(fact.SemaphoreSetChanged);
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
                if (!ApplyCommon(fact)) throw new InvalidOperationException($"a set knows no {fact.FactCase}");
                break;
        }
    }

    private void Apply(SemaphoreSetCreated created)
    {
        _id = created.Id;
        _permissions = created.Permissions.Clone();
        _semaphores = new Semaphores((int)created.Nsems);
        _ctimeMs = created.TimeMs;
        _volatile = created.Volatile;
        ApplyCreated();
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
        var load = done.Away ? new Unheard(done.Pid, operation.Ops, Revision) : null;
        ApplyCompleted(done.Pid, new Result { Seq = done.Seq, After = done.After, Next = done.Next }, load);
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

    // Which zero an array waits for is looked at when it is tried, as on Linux, and not when somebody asks.
    private void LookAtZeroArrays()
    {
        foreach (var waiter in Waiters.All)
        {
            var operation = (Operation)waiter;
            if (!operation.IsArray || operation.Alters) continue;
            if (_semaphores.Try(operation.Pid, operation.Ops) is { Waits: true } verdict)
                operation.Blocking = verdict.Blocking;
        }
    }

    private void Apply(SemaphoresSet set)
    {
        _semaphores.Set((int)set.First, set.Values, set.Pid, Revision);
        _ctimeMs = set.TimeMs;
        ApplyCompleted(set.Pid, new Result { Seq = set.Seq });
        if (_arrays > 0 && _semaphores.HasZero) LookAtZeroArrays();
    }

    private void Apply(SemaphoreSetChanged changed)
    {
        _permissions.Uid = changed.Values.Uid;
        _permissions.Gid = changed.Values.Gid;
        _permissions.Mode = changed.Values.Mode & IpcFlags.ModeBits;
        _ctimeMs = changed.TimeMs;
        ApplyCompleted(changed.Pid, new Result { Seq = changed.Seq });
    }

    /// <inheritdoc/>
    protected override void ApplyUnparked(Waiter waiter)
    {
        var operation = (Operation)waiter;
        _lines.Remove(operation);
        if (operation.IsArray) _arrays--;
    }

    /// <inheritdoc/>
    protected override void ApplyReturned(List<object> carried)
    {
        if (Phase != Life.Alive) return;
        foreach (var load in carried.Cast<Unheard>()) _semaphores.TakeBack(load.Pid, load.Ops, load.Revision);
    }

    /// <inheritdoc/>
    protected override void ApplyExited(ProcessForgotten exited)
    {
        if (_semaphores.Undo(exited.Pid) is not { } undone) return;
        _undone = undone;
        _otimeMs = exited.TimeMs;
        if (_arrays > 0 && _semaphores.HasZero) LookAtZeroArrays();
    }

    // ---- snapshot ----

    /// <inheritdoc/>
    protected override void SaveState(Snapshot snapshot)
    {
        var state = new SemaphoreSetState
        {
            Created = new SemaphoreSetCreated { Id = _id, Volatile = _volatile, Nsems = (uint)_semaphores.Count },
            Permissions = _permissions.Clone(),
            OtimeMs = _otimeMs,
            CtimeMs = _ctimeMs,
            Removed = Phase == Life.Removed,
            Forgotten = IsForgotten,
            NextTicket = _nextTicket,
            MergeTicket = _mergeTicket,
        };
        _semaphores.Save(state);
        foreach (var operation in InLine().Cast<Operation>())
        {
            state.Operations.Add(new StoredOperation
            {
                Ticket = operation.Ticket, Parked = operation.ToState(), Blocking = operation.Blocking,
            });
        }

        foreach (var (pid, result, load) in Ledger.All().OrderBy(each => (each.Pid, each.Result.Seq)))
        {
            if (load is not Unheard unheard) continue;
            var carried = new CarriedOperation { Pid = pid, Seq = result.Seq, Revision = unheard.Revision };
            carried.Ops.AddRange(unheard.Ops);
            state.Carried.Add(carried);
        }

        snapshot.SemaphoreSet = state;
    }

    /// <inheritdoc/>
    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.SemaphoreSet;
        _lines.Clear();
        _loading = null;
        _undone = null;
        _id = state.Created.Id;
        _volatile = state.Created.Volatile;
        _permissions = state.Permissions.Clone();
        (_otimeMs, _ctimeMs) = (state.OtimeMs, state.CtimeMs);
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
            (_loading ??= [])[(carried.Pid, carried.Seq)] = new Unheard(carried.Pid, carried.Ops, carried.Revision);
        LoadPhase(state.Removed, state.Forgotten);
    }

    /// <inheritdoc/>
    protected override object? CarriedBy(int pid, ulong seq)
    {
        if (_loading is null || !_loading.Remove((pid, seq), out var load)) return null;
        if (_loading.Count == 0) _loading = null;
        return load;
    }

    // ---- invariants ----

    /// <inheritdoc/>
    public override void CheckInvariants()
    {
        Require(_undone is null, "nobody forgot to serve after an exit");
        Require(Values.All(value => value is >= 0 and <= Bounds.SemaphoreValue), "values are between 0 and SEMVMX");
        Require(_semaphores.Adjustments.All(own => own.All(pair => pair.Key < _semaphores.Count
            && pair.Value is not 0 and >= -Bounds.SemaphoreValue - 1 and <= Bounds.SemaphoreValue)),
            "adjustments are within SEMAEM");
        var arrays = 0;
        foreach (var operation in Waiters.All.Cast<Operation>())
        {
            if (operation.IsArray) arrays++;
            Require(operation.IsInLine == (operation.Presence != Presence.PassedOver), "every waiter stands in line");
            if (!operation.IsInLine) continue;
            var verdict = _semaphores.Try(operation.Pid, operation.Ops);
            var mayWait = verdict.Waits || (operation is { IsArray: true, Alters: false } && !verdict.Performs);
            Require(mayWait, "no waiter waits that could be served");
        }

        Require(arrays == _arrays, "arrays are counted");
        Require(Waiters.Count > 0 || _lines.IsEmpty, "nobody is left in line");
    }

    private static void Require(bool condition, string what)
    {
        if (!condition) throw new InvalidOperationException("broken invariant: " + what);
    }
}
