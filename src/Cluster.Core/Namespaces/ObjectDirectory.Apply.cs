using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <content>How events change the directory, its snapshot, and its invariants.</content>
public sealed partial class ObjectDirectory
{
    // ---- apply ----

    protected override void ApplyFact(Event fact)
    {
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.ObjectListed:
                Apply(fact.ObjectListed);
                break;
            case Event.FactOneofCase.RemovalStarted:
                Apply(fact.RemovalStarted);
                break;
            case Event.FactOneofCase.RemovalEnded:
                Apply(fact.RemovalEnded);
                break;
            case Event.FactOneofCase.ObjectEnded:
                ApplyEnded(fact.ObjectEnded.Id);
                break;
            case Event.FactOneofCase.ObjectForgotten:
                _forgetting.Remove(fact.ObjectForgotten.Id);
                Outbox.Remove(KeyOf(fact.ObjectForgotten.Id), Request.BodyOneofCase.ForgetObject);
                break;
            case Event.FactOneofCase.ObjectClaimed:
                _entries[fact.ObjectClaimed.Id].ClaimedBy = fact.ObjectClaimed.Incarnation;
                break;
            case Event.FactOneofCase.ObjectLost:
                ApplyLost(fact.ObjectLost.Id);
                break;
            case Event.FactOneofCase.NextIdChosen:
                var chosen = fact.NextIdChosen;
                _nextId = chosen.Id;
                ApplyCompleted(chosen.Pid, new Result { Seq = chosen.Seq });
                break;
            case Event.FactOneofCase.CreationStarted:
                Apply(fact.CreationStarted);
                break;
            case Event.FactOneofCase.CreationEnded:
                Apply(fact.CreationEnded);
                break;
            case Event.FactOneofCase.ChargesReleased:
                Apply(fact.ChargesReleased);
                break;
            case Event.FactOneofCase.ChargesAssigned:
                Apply(fact.ChargesAssigned);
                break;
            case Event.FactOneofCase.ChargesAdopted:
                Apply(fact.ChargesAdopted);
                break;
            case Event.FactOneofCase.DirectoryDestroyed:
                _destroyed = true;
                break;
            default:
                throw UnknownFact(fact);
        }
    }

    private void Apply(ObjectListed listed)
    {
        ForgetCreation(listed.Entry);
        Add(listed.Entry.Clone());
        _nextId = null;
        if (!listed.Chosen) (_sequence, _lastIndex) = (listed.Sequence, listed.Entry.Index);
        ApplyCompleted(listed.Pid, new Result { Seq = listed.Seq, Got = new Got { Id = listed.Entry.Id } });
    }

    private void Add(DirectoryEntry entry)
    {
        _entries.Add(entry.Id, entry);
        _ids.Add(entry.Id);
        if (entry.Permissions.Key != IpcFlags.IPC_PRIVATE) _byKey.Add(entry.Permissions.Key, entry.Id);
        if (entry.Name.Length > 0) _byName.Add(entry.Name, entry.Id);
        _byIndex.Add(entry.Index, entry.Id);
        _usedIndexes.Add(entry.Index);
        _units += kind.UnitsOf(entry.InitialSize);
        if (entry.Unnamed) UnnamedOf(entry.Creator).Add(entry.Id);
        if (entry.Charge == 0 && kind.ChargeOf(entry) > 0) _uncharged.Add(entry.Id);
        _freeIndexes.Remove(entry.Index);
        for (; _nextFresh <= entry.Index; _nextFresh++)
        {
            if (_nextFresh != entry.Index) _freeIndexes.Add(_nextFresh);
        }
    }

    private SortedSet<int> UnnamedOf(int creator)
    {
        if (!_unnamed.TryGetValue(creator, out var ids)) _unnamed.Add(creator, ids = []);
        return ids;
    }

    private void Apply(RemovalStarted started)
    {
        _removals.Add(started.Id, started);
        Outbox.Add(Ask(started.Id, started.Credentials));
    }

    private void Apply(RemovalEnded ended)
    {
        Outbox.Remove(KeyOf(ended.Id), Request.BodyOneofCase.DestroyObject);
        if (ended.Errno == 0 && !ended.Lingers)
        {
            ApplyEnded(ended.Id);
            return;
        }

        if (_removals.Remove(ended.Id, out var removal)) Complete(removal.Pid, removal.Seq, ended.Errno);
        // The name of an abstract socket goes with the socket, which another process may hold when its creator exits.
        if (ended.Lingers && _entries[ended.Id] is { Unnamed: false } lingering) DropKey(lingering);
    }

    private void ApplyEnded(int id)
    {
        Drop(id);
        _forgetting.Add(id);
        Outbox.Add(Forget(id));
    }

    private void Complete(int pid, ulong seq, int errno)
    {
        if (pid != 0 && !Ledger.HasExited(pid)) ApplyCompleted(pid, new Result { Seq = seq, Errno = errno });
    }

    private void ApplyLost(int id)
    {
        Drop(id);
        if (_lost.Add(id)) _lostOrder.Enqueue(id);
        while (_lostOrder.Count > LostBound) _lost.Remove(_lostOrder.Dequeue());
    }

    // Also ends a removal under way. Its call is answered when the charge of the object is released, if it has one.
    private void Drop(int id)
    {
        if (_removals.Remove(id, out var removal)) Outbox.Remove(KeyOf(id), Request.BodyOneofCase.DestroyObject);
        if (_entries.Remove(id, out var entry)) Drop(entry);
        if (entry is not null && HasCharge(entry)) StartRelease(entry, removal);
        else if (removal is not null) Complete(removal.Pid, removal.Seq, errno: 0);
    }

    private void Drop(DirectoryEntry entry)
    {
        _ids.Remove(entry.Id);
        DropKey(entry);
        _byIndex.Remove(entry.Index);
        if (entry.Unnamed && _unnamed.TryGetValue(entry.Creator, out var ids) && ids.Remove(entry.Id) && ids.Count == 0)
            _unnamed.Remove(entry.Creator);
        _usedIndexes.Remove(entry.Index);
        _units -= kind.UnitsOf(entry.InitialSize);
        _uncharged.Remove(entry.Id);
        _freeIndexes.Add(entry.Index);
    }

    private void DropKey(DirectoryEntry entry)
    {
        if (entry.Permissions.Key != IpcFlags.IPC_PRIVATE) _byKey.Remove(entry.Permissions.Key);
        entry.Permissions.Key = IpcFlags.IPC_PRIVATE;
        if (entry.Name.Length > 0) _byName.Remove(entry.Name);
        entry.Name = "";
    }

    private Request Forget(int id) => new() { To = KeyOf(id), ForgetObject = new ForgetObject() };

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        var state = new DirectoryState
        {
            NextSequence = _sequence, LastIndex = _lastIndex, Destroyed = _destroyed, NextFresh = _nextFresh,
        };
        if (_nextId is { } next) state.NextId = next;
        state.Entries.AddRange(_ids.Select(id => _entries[id]));
        state.Removals.AddRange(_removals.Values.OrderBy(removal => removal.Id));
        state.Forgetting.AddRange(_forgetting);
        state.Lost.AddRange(_lostOrder);
        SaveCharges(state);
        snapshot.Directory = state.Clone();
    }

    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.Directory;
        ClearState();
        foreach (var entry in state.Entries) Add(entry.Clone());
        for (; _nextFresh < state.NextFresh; _nextFresh++) _freeIndexes.Add(_nextFresh);
        foreach (var removal in state.Removals) Apply(removal);
        foreach (var id in state.Forgetting)
        {
            _forgetting.Add(id);
            Outbox.Add(Forget(id));
        }

        foreach (var id in state.Lost)
        {
            _lost.Add(id);
            _lostOrder.Enqueue(id);
        }

        LoadCharges(state);
        _nextId = state.HasNextId ? state.NextId : null;
        (_sequence, _lastIndex, _destroyed) = (state.NextSequence, state.LastIndex, state.Destroyed);
    }

    private void ClearState()
    {
        _entries.Clear();
        _ids.Clear();
        _byKey.Clear();
        _byName.Clear();
        _unnamed.Clear();
        _byIndex.Clear();
        _usedIndexes.Clear();
        _freeIndexes.Clear();
        _nextFresh = 0;
        _units = 0;
        ClearCharges();
        _removals.Clear();
        _forgetting.Clear();
        _lost.Clear();
        _lostOrder.Clear();
    }

    // ---- invariants ----

    public override void CheckInvariants()
    {
        Require(_byIndex.Count == _entries.Count, "every object has its own index");
        Require(_entries.Values.All(entry => _byIndex[entry.Index] == entry.Id), "indexes lead to their objects");
        Require(_byKey.All(pair => _entries[pair.Value].Permissions.Key == pair.Key), "keys lead to their objects");
        Require(_byName.All(pair => _entries[pair.Value].Name == pair.Key), "names lead to their objects");
        Require(_removals.Keys.All(_entries.ContainsKey), "only existing objects are being removed");
        CheckCharges();
        Require(_freeIndexes.All(index => !_byIndex.ContainsKey(index)), "a free index has no object");
    }
}
