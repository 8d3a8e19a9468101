using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <content>How events change what all machines share, and how snapshots are taken.</content>
public abstract partial class Machine
{
    // While a snapshot is loaded: what the results of the ledger carry.
    private Dictionary<(int Pid, ulong Seq), object>? _loadedCarried;

    // ---- apply ----

    private void Apply(Event fact)
    {
        Revision++;
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.Incarnated:
                ApplyIncarnated(fact.Incarnated);
                break;
            case Event.FactOneofCase.CallCompleted:
                ApplyCompleted(fact.CallCompleted.Pid, fact.CallCompleted.Result);
                break;
            case Event.FactOneofCase.CallsAcknowledged:
                var known = fact.CallsAcknowledged;
                Ledger.Acknowledge(known.Pid, known.Ack, known.Pending);
                break;
            case Event.FactOneofCase.ExitRecorded:
                ApplyExitRecorded(fact.ExitRecorded);
                break;
            default:
                ApplyFact(fact);
                break;
        }
    }

    /// <summary>Stores the result of a call, and removes the waiter if the call was parked.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="result">The result.</param>
    /// <param name="carried">What goes back if the process exits without having acknowledged the result.</param>
    /// <returns>The waiter; null: the call was not parked.</returns>
    protected Waiter? ApplyCompleted(int pid, Result result, object? carried = null)
    {
        result.Revision = Revision;
        if (Waiters.Remove(pid, result.Seq, out var waiter)) ApplyWaiterRemoved(waiter);
        Ledger.Complete(pid, result, carried);
        return waiter;
    }

    private void ApplyExitRecorded(ExitRecorded exit)
    {
        foreach (var waiter in Waiters.Of(exit.Pid))
        {
            Waiters.Remove(waiter.Pid, waiter.Seq, out _);
            if (waiter.IsRecorded) ApplyWaiterRemoved(waiter);
        }

        var atMs = exit.ClockMs != 0 ? exit.ClockMs : exit.TimeMs; // old events have one time
        var carried = Ledger.RemoveProcess(exit.Pid, exit.Ack, exit.Exact, atMs);
        if (carried.Count > 0) ApplyReturned(carried);
        ApplyExit(exit);
    }

    /// <summary>The exception for an event that is of another kind: the journal is not this entity's.</summary>
    protected InvalidOperationException UnknownFact(Event fact) =>
        new($"an entity of the kind {Key.Kind} has no event {fact.FactCase}");

    // ---- snapshots ----

    /// <summary>Returns the whole journalled state.</summary>
    public Snapshot TakeSnapshot()
    {
        var snapshot = new Snapshot { Revision = Revision, Ledger = Ledger.ToState() };
        SaveState(snapshot);
        return snapshot;
    }

    /// <summary>Replaces the whole journalled state.</summary>
    public void Restore(Snapshot snapshot)
    {
        Waiters.Clear();
        Outbox.Clear();
        _loadedCarried = null;
        LoadState(snapshot);
        Ledger.Restore(snapshot.Ledger, TakeLoadedCarried);
        _loadedCarried = null;
        Revision = snapshot.Revision;
    }

    /// <summary>For <see cref="SaveState"/>: what the stored results carry, ordered by process and call.</summary>
    protected IEnumerable<(int Pid, ulong Seq, T Carried)> AllCarried<T>() =>
        from each in Ledger.All()
        where each.Carried is T
        orderby each.Pid, each.Result.Seq
        select (each.Pid, each.Result.Seq, (T)each.Carried!);

    /// <summary>For <see cref="LoadState"/>: says what the result of a call carries.</summary>
    protected void LoadCarried(int pid, ulong seq, object carried) => (_loadedCarried ??= [])[(pid, seq)] = carried;

    private object? TakeLoadedCarried(int pid, ulong seq) => _loadedCarried?.GetValueOrDefault((pid, seq));
}
