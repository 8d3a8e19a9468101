using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;

namespace Cluster.Core.Objects.SharedMemory;

/// <content>How events change the segment, its snapshot, and its invariants.</content>
public sealed partial class Segment
{
    // ---- apply ----

    protected override void ApplyOwn(Event fact)
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
                var set = fact.SegmentSet;
                ApplySet(set.Values.Uid, set.Values.Gid, set.Values.Mode, set.TimeMs, set.Pid, set.Seq);
                break;
            case Event.FactOneofCase.SegmentLocked:
                var locked = fact.SegmentLocked;
                SetFlag(IpcFlags.SHM_LOCKED, locked.Locked);
                ApplyCompleted(locked.Pid, new Result { Seq = locked.Seq });
                break;
            case Event.FactOneofCase.SegmentDoomed:
                SetFlag(IpcFlags.SHM_DEST, true);
                Permissions.Key = IpcFlags.IPC_PRIVATE;
                break;
            case Event.FactOneofCase.SegmentEnding:
                ApplyEnding();
                break;
            case Event.FactOneofCase.SegmentRemoved:
                ApplySegmentRemoved();
                break;
            case Event.FactOneofCase.ExtentClaimed:
                _extents.Apply(fact.ExtentClaimed);
                break;
            case Event.FactOneofCase.ExtentReleased:
                _extents.Apply(fact.ExtentReleased, Key, Outbox);
                break;
            default:
                throw UnknownFact(fact);
        }
    }

    private void Apply(SegmentCreated created)
    {
        (_size, _cpid, _extents.Secret) = (created.Size, created.Cpid, created.Secret);
        ApplyCreated(created.Permissions, created.TimeMs, created.Volatile);
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
            Capability = Capability.Of(_extents.Secret, attached.Pid, writes: !attached.ReadOnly),
            Handle = Capability.HandleOf(_extents.Secret, id, writes: !attached.ReadOnly),
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
        if (detached.Last) ApplyLast(detached.Pid, detached.Seq);
        else ApplyCompleted(detached.Pid, new Result { Seq = detached.Seq });
    }

    protected override void ApplyExit(ExitRecorded exit)
    {
        base.ApplyExit(exit);
        var own = _attachments.Values.Where(attachment => attachment.Pid == exit.Pid).ToArray();
        if (own.Length == 0) return;
        foreach (var attachment in own) _attachments.Remove(attachment.Id);
        _dtimeMs = exit.TimeMs;
        _lpid = exit.Pid;
    }

    private void ApplySegmentRemoved()
    {
        ApplyEnded();
        _attachments.Clear();
        _extents.Destroy(Key, Outbox);
    }

    private void SetFlag(int flag, bool isSet) =>
        Permissions.Mode = isSet ? Permissions.Mode | (uint)flag : Permissions.Mode & ~(uint)flag;

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        var state = new SharedMemoryState
        {
            Created =
                new SegmentCreated { Id = Id, Size = _size, Cpid = _cpid, Volatile = IsVolatile, Secret = _extents.Secret },
            Permissions = Permissions.Clone(),
            AtimeMs = _atimeMs,
            DtimeMs = _dtimeMs,
            CtimeMs = CtimeMs,
            Lpid = _lpid,
            NextAttachment = _nextAttachment,
            Ending = IsEnding,
            EndingPid = EndingPid,
            EndingSeq = EndingPid == 0 ? 0 : EndingSeq,
            Removed = Phase == Life.Removed,
            Forgotten = IsForgotten,
        };
        state.Attachments.AddRange(_attachments.Values.OrderBy(attachment => attachment.Id));
        state.Extents.AddRange(_extents.Save());
        snapshot.SharedMemory = state;
    }

    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.SharedMemory;
        var created = state.Created;
        LoadShared(state.Permissions, state.CtimeMs, created.Volatile, state.Removed, state.Forgotten);
        (_size, _cpid) = (created.Size, created.Cpid);
        (_atimeMs, _dtimeMs, _lpid) = (state.AtimeMs, state.DtimeMs, state.Lpid);
        _nextAttachment = state.NextAttachment;
        _attachments.Clear();
        foreach (var attachment in state.Attachments) _attachments.TryAdd(attachment.Id, attachment);
        _extents.Load(state.Extents, created.Secret);
        LoadEnd(state.Ending, state.EndingPid, state.EndingSeq);
        if (state.Removed) _extents.Destroy(Key, Outbox);
    }

    // ---- invariants ----

    public override void CheckInvariants()
    {
        Require(
            _attachments.Values.All(attachment => attachment.Id < _nextAttachment), "attachments are numbered");
        Require(!_attachments.Values.Any(attachment => Ledger.HasExited(attachment.Pid)), "exited processes are detached");
        Require(
            !IsEnding || (IsMarked && _attachments.Count == 0), "only a marked segment ends, and with its last detach");
        Require(Phase != Life.Alive || !IsMarked || _attachments.Count > 0 || IsEnding, "a marked segment is attached");
        Require(!IsMarked || Permissions.Key == IpcFlags.IPC_PRIVATE, "a marked segment has no key");
        Require(_extents.Indexes.All(index => Extents.BytesOf(_size, index) > 0), "extents lie within the segment");
        Require(Phase != Life.Removed || _attachments.Count == 0, "a removed segment has no attachment");
    }
}
