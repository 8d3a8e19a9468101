using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.SharedMemory;

/// <content>How events change the segment, how its state is saved, and what must always hold.</content>
public sealed partial class SharedMemory
{
    // ---- apply ----

    /// <inheritdoc/>
    protected override void ApplyFact(Event fact)
    {
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.SegmentCreated:
                Apply(fact.SegmentCreated);
                break;
            case Event.FactOneofCase.SegmentAttached:
                Apply(fact.SegmentAttached);
                break;
            case Event.FactOneofCase.SegmentDetached:
                Apply(fact.SegmentDetached);
                break;
            case Event.FactOneofCase.SegmentSet:
                Apply(fact.SegmentSet);
                break;
            case Event.FactOneofCase.SegmentLocked:
                var locked = fact.SegmentLocked;
                SetFlag(IpcFlags.SHM_LOCKED, locked.Locked);
                ApplyCompleted(locked.Pid, new Result { Seq = locked.Seq });
                break;
            case Event.FactOneofCase.SegmentDoomed:
                SetFlag(IpcFlags.SHM_DEST, true);
                _permissions.Key = IpcFlags.IPC_PRIVATE;
                break;
            case Event.FactOneofCase.SegmentEnding:
                ApplyEnding();
                break;
            case Event.FactOneofCase.SegmentRemoved:
                ApplySegmentRemoved();
                break;
            case Event.FactOneofCase.ExtentClaimed:
                _extents.TryAdd(fact.ExtentClaimed.Index, fact.ExtentClaimed.Incarnation);
                break;
            case Event.FactOneofCase.ExtentReleased:
                _extents.Remove(fact.ExtentReleased.Index);
                Outbox.Remove(ExtentKey(fact.ExtentReleased.Index));
                break;
            default:
                if (!ApplyCommon(fact)) throw new InvalidOperationException($"a segment knows no {fact.FactCase}");
                break;
        }
    }

    private void Apply(SegmentCreated created)
    {
        (_id, _size, _cpid, _volatile, _secret) =
            (created.Id, created.Size, created.Cpid, created.Volatile, created.Secret);
        _permissions = created.Permissions.Clone();
        _ctimeMs = created.TimeMs;
        ApplyCreated();
    }

    private void Apply(SegmentAttached attached)
    {
        var id = _nextAttachment++;
        _attachments.TryAdd(id, new StoredAttachment { Id = id, Pid = attached.Pid, ReadOnly = attached.ReadOnly });
        _atimeMs = attached.TimeMs;
        _lpid = attached.Pid;
        var attachment = new ShmAttachment
        {
            Id = id,
            Capability = Capability.Of(_secret, attached.Pid, writes: !attached.ReadOnly),
            Size = _size,
            ReadOnly = attached.ReadOnly,
        };
        ApplyCompleted(attached.Pid, new Result { Seq = attached.Seq, ShmAttachment = attachment });
    }

    private void Apply(SegmentDetached detached)
    {
        _attachments.Remove(detached.Attachment);
        _dtimeMs = detached.TimeMs;
        _lpid = detached.Pid;
        if (detached.Last) (_endingPid, _endingSeq) = (detached.Pid, detached.Seq);
        else ApplyCompleted(detached.Pid, new Result { Seq = detached.Seq });
    }

    private void Apply(SegmentSet set)
    {
        var flags = _permissions.Mode & ~(uint)IpcFlags.ModeBits;
        _permissions.Uid = set.Values.Uid;
        _permissions.Gid = set.Values.Gid;
        _permissions.Mode = flags | (set.Values.Mode & IpcFlags.ModeBits);
        _ctimeMs = set.TimeMs;
        ApplyCompleted(set.Pid, new Result { Seq = set.Seq });
    }

    /// <inheritdoc/>
    protected override void ApplyExited(ProcessForgotten exited)
    {
        if (exited.Pid == _endingPid) _endingPid = 0;
        var own = _attachments.Values.Where(attachment => attachment.Pid == exited.Pid).ToArray();
        if (own.Length == 0) return;
        foreach (var attachment in own) _attachments.Remove(attachment.Id);
        _dtimeMs = exited.TimeMs;
        _lpid = exited.Pid;
    }

    private void ApplyEnding()
    {
        _ending = true;
        Outbox.Add(new Request { To = Directory, EndObject = new EndObject { Id = _id } });
    }

    private void ApplySegmentRemoved()
    {
        if (_ending) Outbox.Remove(Directory);
        _ending = false;
        if (_endingPid != 0) ApplyCompleted(_endingPid, new Result { Seq = _endingSeq });
        _endingPid = 0;
        _attachments.Clear();
        ApplyRemoved();
        DestroyExtents();
    }

    private void DestroyExtents()
    {
        foreach (var index in _extents.Keys.Order())
            Outbox.Add(new Request { To = ExtentKey(index), DestroyExtent = new DestroyExtent() });
    }

    private EntityKey ExtentKey(int index) => Extents.KeyOf(Key.Namespace, (int)Key.Id, index);

    private void SetFlag(int flag, bool isSet) =>
        _permissions.Mode = isSet ? _permissions.Mode | (uint)flag : _permissions.Mode & ~(uint)flag;

    // ---- snapshot ----

    /// <inheritdoc/>
    protected override void SaveState(Snapshot snapshot)
    {
        var state = new SharedMemoryState
        {
            Created =
                new SegmentCreated { Id = _id, Size = _size, Cpid = _cpid, Volatile = _volatile, Secret = _secret },
            Permissions = _permissions.Clone(),
            AtimeMs = _atimeMs,
            DtimeMs = _dtimeMs,
            CtimeMs = _ctimeMs,
            Lpid = _lpid,
            NextAttachment = _nextAttachment,
            Ending = _ending,
            EndingPid = _endingPid,
            EndingSeq = _endingPid == 0 ? 0 : _endingSeq,
            Removed = Phase == Life.Removed,
            Forgotten = IsForgotten,
        };
        state.Attachments.AddRange(_attachments.Values.OrderBy(attachment => attachment.Id));
        foreach (var (index, incarnation) in _extents.Entries.OrderBy(pair => pair.Key))
            state.Extents.Add(new ExtentClaimed { Index = index, Incarnation = incarnation });
        snapshot.SharedMemory = state;
    }

    /// <inheritdoc/>
    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.SharedMemory;
        var created = state.Created;
        (_id, _size, _cpid, _volatile, _secret) =
            (created.Id, created.Size, created.Cpid, created.Volatile, created.Secret);
        _permissions = state.Permissions.Clone();
        (_atimeMs, _dtimeMs, _ctimeMs, _lpid) = (state.AtimeMs, state.DtimeMs, state.CtimeMs, state.Lpid);
        _nextAttachment = state.NextAttachment;
        (_endingPid, _endingSeq) = (state.EndingPid, state.EndingSeq);
        _ending = false;
        _attachments.Clear();
        foreach (var attachment in state.Attachments) _attachments.TryAdd(attachment.Id, attachment);
        _extents.Clear();
        foreach (var extent in state.Extents) _extents.TryAdd(extent.Index, extent.Incarnation);
        LoadPhase(state.Removed, state.Forgotten);
        if (state.Ending) ApplyEnding();
        if (state.Removed) DestroyExtents();
    }

    // ---- invariants ----

    /// <inheritdoc/>
    public override void CheckInvariants()
    {
        Require(
            _attachments.Values.All(attachment => attachment.Id < _nextAttachment), "attachments have been numbered");
        Require(!_attachments.Values.Any(attachment => Ledger.IsForgotten(attachment.Pid)), "the dead are detached");
        Require(
            !_ending || (IsDoomed && _attachments.Count == 0), "only a doomed segment ends, and with its last detach");
        Require(Phase != Life.Alive || !IsDoomed || _attachments.Count > 0 || _ending, "a doomed segment has a user");
        Require(!IsDoomed || _permissions.Key == IpcFlags.IPC_PRIVATE, "a doomed segment has no key");
        Require(_extents.Keys.All(index => Extents.BytesOf(_size, index) > 0), "extents lie within the segment");
        Require(Phase != Life.Removed || _attachments.Count == 0, "nobody is attached to what is gone");
    }

    private static void Require(bool condition, string what)
    {
        if (!condition) throw new InvalidOperationException("broken invariant: " + what);
    }
}
