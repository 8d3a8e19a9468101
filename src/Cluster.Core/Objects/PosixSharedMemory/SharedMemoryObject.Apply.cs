using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;

namespace Cluster.Core.Objects.PosixSharedMemory;

/// <content>How events change the object, its snapshot, and its invariants.</content>
public sealed partial class SharedMemoryObject
{
    // ---- apply ----

    protected override void ApplyNamed(Event fact)
    {
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.PosixSharedMemory:
                Apply(fact.PosixSharedMemory);
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

    private void Apply(PosixSharedMemoryFact fact)
    {
        switch (fact.FactCase)
        {
            case PosixSharedMemoryFact.FactOneofCase.Created:
                var created = fact.Created;
                _extents.Secret = created.Secret;
                ApplyCreated(
                    created.Permissions, created.TimeMs, created.Volatile, created.Creator, created.CreatorSeq);
                break;
            case PosixSharedMemoryFact.FactOneofCase.Resizing:
                Apply(fact.Resizing);
                break;
            case PosixSharedMemoryFact.FactOneofCase.Resized:
                CompleteResizing(Errno.None);
                break;
            case PosixSharedMemoryFact.FactOneofCase.Mapped:
                Apply(fact.Mapped);
                break;
            case PosixSharedMemoryFact.FactOneofCase.Unmapped:
                var unmapped = fact.Unmapped;
                _mappings.Remove(unmapped.Mapping);
                if (unmapped.Last) ApplyLast(unmapped.Pid, unmapped.Seq);
                else ApplyCompleted(unmapped.Pid, new Result { Seq = unmapped.Seq });
                break;
            case PosixSharedMemoryFact.FactOneofCase.Removed:
                CompleteResizing(Errno.EIDRM);
                _mappings.Clear();
                ApplyNamedRemoved();
                _extents.Destroy(Key, Outbox);
                break;
            default:
                throw new InvalidOperationException($"there is no fact {fact.FactCase} of a POSIX shared memory object");
        }
    }

    private void Apply(PosixSharedMemoryResizing resizing)
    {
        _resizing = resizing;
        _formerSize = _size;
        (_size, CtimeMs) = (resizing.Size, resizing.TimeMs);
        _version++;
        TellExtents();
        if (_unconfirmed is null) CompleteResizing(Errno.None);
    }

    // The extents that have bytes, or had bytes, between the two sizes.
    private void TellExtents()
    {
        _unconfirmed = null;
        foreach (var index in _extents.Indexes)
        {
            if (Extents.BytesOf((ulong)_formerSize, index) == Extents.BytesOf((ulong)_size, index)) continue;
            (_unconfirmed ??= []).Add(index);
            var resize = new ResizeExtent { Size = (ulong)_size, Version = _version };
            Outbox.Add(new Request { To = Extents.KeyOf(Key, index), ResizeExtent = resize });
        }
    }

    private void CompleteResizing(Errno errno)
    {
        if (_resizing is not { } resizing) return;
        foreach (var index in _unconfirmed ?? [])
            Outbox.Remove(Extents.KeyOf(Key, index), Request.BodyOneofCase.ResizeExtent);
        (_resizing, _unconfirmed, _formerSize) = (null, null, 0);
        if (Ledger.HasExited(resizing.Pid)) return;
        var result = errno == Errno.None
            ? ToSize(resizing.Seq, _size)
            : new Result { Seq = resizing.Seq, Errno = (int)errno };
        ApplyCompleted(resizing.Pid, result);
    }

    private void Apply(PosixSharedMemoryMapped mapped)
    {
        var id = _nextMapping++;
        _mappings.TryAdd(id, new StoredAttachment { Id = id, Pid = mapped.Pid, ReadOnly = mapped.ReadOnly });
        var mapping = new ShmAttachment
        {
            Id = id,
            Capability = Capability.Of(_extents.Secret, mapped.Pid, writes: !mapped.ReadOnly),
            Handle = Capability.HandleOf(_extents.Secret, id, writes: !mapped.ReadOnly),
            Size = (ulong)mapped.Length,
            ReadOnly = mapped.ReadOnly,
        };
        ApplyCompleted(mapped.Pid, new Result { Seq = mapped.Seq, ShmAttachment = mapping });
    }

    protected override void ApplyExit(ExitRecorded exit)
    {
        base.ApplyExit(exit);
        foreach (var own in _mappings.Values.Where(mapping => mapping.Pid == exit.Pid).ToArray())
            _mappings.Remove(own.Id);
    }

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        var state = new PosixSharedMemoryState
        {
            Created = new PosixSharedMemoryCreated
            {
                Permissions = Permissions.Clone(), Volatile = IsVolatile, Secret = _extents.Secret,
            },
            CtimeMs = CtimeMs,
            Removed = Phase == Life.Removed,
            Forgotten = IsForgotten,
            Size = _size,
            Version = _version,
            Resizing = _resizing?.Clone(),
            FormerSize = _formerSize,
            NextMapping = _nextMapping,
            Descriptions = SaveDescriptions(),
        };
        state.Mappings.AddRange(_mappings.Values.OrderBy(mapping => mapping.Id));
        state.Extents.AddRange(_extents.Save());
        snapshot.PosixSharedMemory = state;
    }

    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.PosixSharedMemory;
        var created = state.Created;
        LoadShared(created.Permissions, state.CtimeMs, created.Volatile, state.Removed, state.Forgotten);
        (_size, _version, _nextMapping) = (state.Size, state.Version, state.NextMapping);
        (_resizing, _formerSize, _held) = (state.Resizing, state.FormerSize, null);
        _mappings.Clear();
        foreach (var mapping in state.Mappings) _mappings.TryAdd(mapping.Id, mapping);
        _extents.Load(state.Extents, created.Secret);
        _unconfirmed = null;
        if (_resizing is not null) TellExtents();
        LoadDescriptions(state.Descriptions);
        if (state.Removed) _extents.Destroy(Key, Outbox);
    }

    // ---- invariants ----

    public override void CheckInvariants()
    {
        CheckDescriptions();
        Require(_size is >= 0 and <= Bounds.SegmentBytes, "the size is in its range");
        Require(
            _mappings.Values.All(mapping => mapping.Id < _nextMapping), "mappings are numbered");
        Require(
            !_mappings.Values.Any(mapping => Ledger.HasExited(mapping.Pid)), "an exited process has nothing mapped");
        Require(
            _resizing is null || _unconfirmed is { Count: > 0 }, "a change of the size waits for an extent");
        Require(_held is null || _resizing is not null, "changes are held only while another one is under way");
        Require(Phase != Life.Removed || _mappings.Count == 0, "a removed object has no mapping");
    }
}
