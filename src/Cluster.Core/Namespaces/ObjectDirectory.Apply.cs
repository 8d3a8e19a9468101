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
            case Event.FactOneofCase.DirectoryDestroyed:
                _destroyed = true;
                break;
            default:
                throw UnknownFact(fact);
        }
    }

    private void Apply(ObjectListed listed)
    {
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
        Charge(entry, kind.ChargeOf(entry));
        _freeIndexes.Remove(entry.Index);
        for (; _nextFresh <= entry.Index; _nextFresh++)
        {
            if (_nextFresh != entry.Index) _freeIndexes.Add(_nextFresh);
        }
    }

    private void Apply(RemovalStarted started)
    {
        _removals.Add(started.Id, started);
        Outbox.Add(Ask(started.Id, started.Credentials));
    }

    private void Apply(RemovalEnded ended)
    {
        if (_removals.Remove(ended.Id, out var removal) && removal.Pid != 0 && !Ledger.HasExited(removal.Pid))
            ApplyCompleted(removal.Pid, new Result { Seq = removal.Seq, Errno = ended.Errno });
        Outbox.Remove(KeyOf(ended.Id), Request.BodyOneofCase.DestroyObject);
        if (ended.Errno != 0) return;
        if (ended.Lingers) DropKey(_entries[ended.Id]);
        else DropAndForget(ended.Id);
    }

    private void ApplyEnded(int id)
    {
        CompleteRemoval(id);
        DropAndForget(id);
    }

    private void DropAndForget(int id)
    {
        Drop(id);
        _forgetting.Add(id);
        Outbox.Add(Forget(id));
    }

    private void CompleteRemoval(int id)
    {
        if (!_removals.Remove(id, out var removal)) return;
        Outbox.Remove(KeyOf(id), Request.BodyOneofCase.DestroyObject);
        if (removal.Pid != 0 && !Ledger.HasExited(removal.Pid))
            ApplyCompleted(removal.Pid, new Result { Seq = removal.Seq });
    }

    private void ApplyLost(int id)
    {
        CompleteRemoval(id);
        Drop(id);
        if (_lost.Add(id)) _lostOrder.Enqueue(id);
        while (_lostOrder.Count > LostBound) _lost.Remove(_lostOrder.Dequeue());
    }

    private void Drop(int id)
    {
        if (!_entries.Remove(id, out var entry)) return;
        _ids.Remove(id);
        DropKey(entry);
        _byIndex.Remove(entry.Index);
        _usedIndexes.Remove(entry.Index);
        _units -= kind.UnitsOf(entry.InitialSize);
        Charge(entry, -kind.ChargeOf(entry));
        _freeIndexes.Add(entry.Index);
    }

    private void Charge(DirectoryEntry entry, long bytes)
    {
        if (bytes == 0) return;
        var (uid, sum) = (entry.Permissions.Uid, _charges.GetValueOrDefault(entry.Permissions.Uid) + bytes);
        if (sum == 0) _charges.Remove(uid);
        else _charges[uid] = sum;
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

        _nextId = state.HasNextId ? state.NextId : null;
        (_sequence, _lastIndex, _destroyed) = (state.NextSequence, state.LastIndex, state.Destroyed);
    }

    private void ClearState()
    {
        _entries.Clear();
        _ids.Clear();
        _byKey.Clear();
        _byName.Clear();
        _byIndex.Clear();
        _usedIndexes.Clear();
        _freeIndexes.Clear();
        _nextFresh = 0;
        _units = 0;
        _charges.Clear();
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
        Require(
            _charges.Values.Sum() == _entries.Values.Sum(kind.ChargeOf), "owners are charged for the objects that exist");
        Require(_freeIndexes.All(index => !_byIndex.ContainsKey(index)), "a free index has no object");
    }
}
