using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;

namespace Cluster.Core.Objects.PosixSharedMemory;

/// <summary>
/// A POSIX shared memory object: shm_overview(7), ftruncate(2), mmap(2). The object has the size, and knows who has it open
/// and mapped. The bytes lie in its extents (<see cref="Extent"/>).
/// </summary>
/// <remarks>
/// What a caller sees. A new object has no bytes. ftruncate sets the size; what lies beyond it is gone, and is zero if the
/// object grows again. A mapping keeps an unlinked object alive, as a description does, until munmap or the exit of its
/// process. A process shows a capability to the extents, which serve it without asking the object.
///
/// The size. Each change is one decision here. It completes when all extents whose bytes it concerns have confirmed, and the
/// next one waits for that. No extent serves a byte beyond the size that it knows, so after a shrink has completed nothing
/// of what was cut off is ever seen. An extent claims its place here before it answers a write or an operation on a word,
/// also beyond the end, where the answer is an error; from then on it is told of every change, until the object ends.
///
/// Who waits. The requests to the extents are lost with the node of this entity. The caller of ftruncate, or the exit of its
/// process, brings the entity back, and the requests are sent again.
///
/// Deviations from Linux: docs/objects/posix-shared-memory.md.
/// </remarks>
public sealed partial class SharedMemoryObject(EntityKey key) : NamedObject(key)
{
    // ---- state ----

    private ExtentTable _extents;
    private FewMap<long, StoredAttachment> _mappings;
    private long _nextMapping = 1;
    private long _size;
    private ulong _version;                        // how often the size was changed
    private PosixSharedMemoryResizing? _resizing;  // the change that extents have not confirmed yet
    private long _formerSize;                      // the size before that change
    private HashSet<int>? _unconfirmed;            // the extents that have not
    private List<(Stamp Stamp, Call Call)>? _held; // changes that wait for it; not journalled: the callers send again

    /// <summary>The number of mappings, for the checks of the simulation.</summary>
    internal int MappingCount => _mappings.Count;

    protected override bool IsHeldOtherwise => _mappings.Count > 0 || _resizing is not null;

    protected override int OpenFlags => base.OpenFlags | FileFlags.O_TRUNC;

    protected override long StatSize => _size;

    // A file on a disk is always ready: poll(2).
    protected override int Readiness(Description description) =>
        FileFlags.POLLIN | FileFlags.POLLOUT;

    // ---- decide ----

    protected override void HandleOwn(Stamp stamp, Call call)
    {
        var operation = call.OpCase == Call.OpOneofCase.PosixSharedMemory
            ? call.PosixSharedMemory
            : new PosixSharedMemoryCall();
        switch (operation.OpCase)
        {
            case PosixSharedMemoryCall.OpOneofCase.Truncate:
                Truncate(stamp, call, operation.Truncate);
                break;
            case PosixSharedMemoryCall.OpOneofCase.Map:
                Map(stamp.Pid, call.Seq, operation.Map);
                break;
            case PosixSharedMemoryCall.OpOneofCase.Unmap:
                Unmap(stamp.Pid, call.Seq, operation.Unmap.Mapping);
                break;
            case PosixSharedMemoryCall.OpOneofCase.Access:
                Grant(stamp.Pid, call.Seq, operation.Access.Description);
                break;
            default:
                FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    private void Grant(int pid, ulong seq, long number)
    {
        if (Held(pid, number) is not { } description)
        {
            FailUnrecorded(pid, seq, Errno.EBADF);
            return;
        }

        var capability = description.IsReadable
            ? Capability.Of(_extents.Secret, pid, writes: description.IsWritable)
            : Capability.ToWriteOnly(_extents.Secret, pid);
        var grant = new PosixSharedMemoryGrant
        {
            Capability = capability, Size = _size, Flags = description.Flags & FileFlags.O_ACCMODE,
        };
        AnswerUnrecorded(pid, new Result { Seq = seq, PosixSharedMemoryGrant = grant });
    }

    // ---- mmap(2) ----

    private void Map(int pid, ulong seq, PosixSharedMemoryMap map)
    {
        if (WhyNotMap(pid, map) is { } rejection)
        {
            Reject(pid, seq, rejection);
            return;
        }

        var mapped = new PosixSharedMemoryMapped
        {
            Pid = pid, Seq = seq, Length = map.Length, ReadOnly = !map.Writes,
        };
        Emit(new PosixSharedMemoryFact { Mapped = mapped });
        Release(pid, seq);
    }

    // The errors in the order of the kernel: ksys_mmap_pgoff, then do_mmap.
    private Rejection? WhyNotMap(int pid, PosixSharedMemoryMap map)
    {
        // EINVAL: "We don't like addr, length, or offset (e.g., they are too large, or not aligned on a page boundary)."
        if (map.Offset % Bounds.PageBytes != 0) return Rejection.Unrecorded(Errno.EINVAL);
        if (Held(pid, map.Description) is not { } description) return Rejection.Recorded(Errno.EBADF);
        // EINVAL: "length was 0." A negative one is a size_t that no address space has.
        if (map.Length == 0) return Rejection.Unrecorded(Errno.EINVAL);
        if (map.Length < 0) return Rejection.Unrecorded(Errno.ENOMEM);
        // EOVERFLOW: "the number of pages used for length plus number of pages used for offset would overflow".
        if (map.Offset < 0 || map.Offset > long.MaxValue - map.Length) return Rejection.Unrecorded(Errno.EOVERFLOW);
        // ENOMEM: "The process's maximum number of mappings would have been exceeded", and no room in the address space.
        if (map.Length > Bounds.SegmentBytes) return Rejection.Unrecorded(Errno.ENOMEM);
        if (_mappings.Count >= Bounds.AttachmentsPerSegment) return Rejection.Recorded(Errno.ENOMEM);
        // EACCES: "a file mapping was requested, but fd is not open for reading. Or MAP_SHARED was requested and PROT_WRITE
        // is set, but fd is not open in read/write (O_RDWR) mode."
        if (!description.IsReadable || (map.Writes && !description.IsWritable)) return Rejection.Recorded(Errno.EACCES);
        return null;
    }

    private void Unmap(int pid, ulong seq, long number)
    {
        if (!_mappings.TryGetValue(number, out var mapping) || mapping.Pid != pid)
        {
            FailRecorded(pid, seq, Errno.EINVAL);
            return;
        }

        var isLast = IsMarked && !HasHolders && _mappings.Count == 1 && _resizing is null;
        var unmapped = new PosixSharedMemoryUnmapped { Pid = pid, Seq = seq, Mapping = number, Last = isLast };
        Emit(new PosixSharedMemoryFact { Unmapped = unmapped });
        if (isLast) End();
        else Release(pid, seq);
    }

    // ---- creation and removal ----

    protected override Event Create(DirectoryEntry entry) => ToEvent(new PosixSharedMemoryFact
    {
        Created = new PosixSharedMemoryCreated
        {
            Permissions = entry.Permissions,
            TimeMs = entry.TimeMs,
            Volatile = entry.Volatile,
            Creator = entry.Creator,
            CreatorSeq = entry.CreatorSeq,
            Secret = Capability.NewSecret(Key, Incarnation),
        },
    });

    protected override Event Removed() => ToEvent(new PosixSharedMemoryFact { Removed = new PosixSharedMemoryRemoved() });

    protected override void Describe(Reply reply) => reply.SegmentSize = new SegmentSize { Bytes = (ulong)_size };

    protected override void Destroy()
    {
        var resizing = _resizing;
        base.Destroy();
        if (resizing is not null) Release(resizing.Pid, resizing.Seq);
        RunHeld();
    }

    // Confirmed when the directory and the extents know of the removal.
    protected override bool MayForget => base.MayForget && _extents.Count == 0;

    private void Emit(PosixSharedMemoryFact fact) => Emit(ToEvent(fact));

    private static Event ToEvent(PosixSharedMemoryFact fact) => new() { PosixSharedMemory = fact };
}
