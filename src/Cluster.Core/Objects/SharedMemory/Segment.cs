using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;

namespace Cluster.Core.Objects.SharedMemory;

/// <summary>
/// A System V shared memory segment: shmop(2), shmctl(2), sysvipc(7). The segment knows who is attached and who may
/// attach. The bytes lie in its extents (<see cref="Extent"/>).
/// </summary>
/// <remarks>
/// What a caller sees. shmat adds an attachment; shmdt and the exit of the process remove it. IPC_RMID on an attached
/// segment marks it (SHM_DEST): its key is free at once, the segment can still be used and even attached by id, and it
/// is destroyed with its last attachment. An attachment comes with a capability, which the process shows to the
/// extents. The extents serve it without asking the segment. As on Linux, a change of permissions takes nothing from a
/// process that is attached already.
///
/// Who tells whom. An extent asks the segment when it is first called, and again before it is first written. So the
/// segment knows every extent that may have a journal, and at its end it tells each of them to go until it confirms.
/// The directory learns of the end at the last detach before that detach is answered (or that exit confirmed): whoever
/// waits for it brings this entity back should its node die in between.
///
/// Deviations from Linux: docs/objects/shared-memory.md.
/// </remarks>
public sealed partial class Segment(EntityKey key) : LingeringObject(key)
{
    // ---- state ----

    private FewMap<long, StoredAttachment> _attachments;
    private ExtentTable _extents;
    private ulong _size;            // shm_segsz
    private long _atimeMs;          // shm_atime
    private long _dtimeMs;          // shm_dtime
    private int _cpid;              // shm_cpid
    private int _lpid;              // shm_lpid
    private long _nextAttachment = 1;

    /// <summary>shm_nattch, for the checks of the simulation.</summary>
    internal int AttachmentCount => _attachments.Count;

    protected override bool IsMarked => (Permissions.Mode & IpcFlags.SHM_DEST) != 0;

    protected override bool IsHeld => _attachments.Count > 0;

    // ---- decide ----

    protected override void Handle(Stamp stamp, Call call)
    {
        switch (call.OpCase)
        {
            case Call.OpOneofCase.Shmat:
                Attach(stamp, call, call.Shmat);
                break;
            case Call.OpOneofCase.Shmdt:
                Detach(stamp, call, call.Shmdt);
                break;
            case Call.OpOneofCase.Shmstat:
                Stat(stamp, call, call.Shmstat);
                break;
            case Call.OpOneofCase.Shmset:
                Set(stamp, call, call.Shmset);
                break;
            case Call.OpOneofCase.Shmlock:
                Lock(stamp, call, call.Shmlock);
                break;
            default:
                FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    // ---- shmop(2) ----

    private void Attach(Stamp stamp, Call call, ShmAt attach)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (WhyNotAttach(stamp, attach) is { } rejection)
        {
            Reject(pid, seq, rejection);
            return;
        }

        var readOnly = (attach.Flags & IpcFlags.SHM_RDONLY) != 0;
        Emit(new Event
        {
            SegmentAttached = new SegmentAttached { Pid = pid, Seq = seq, ReadOnly = readOnly, TimeMs = WallMs },
        });
        Release(pid, seq);
    }

    private Rejection? WhyNotAttach(Stamp stamp, ShmAt attach)
    {
        // EINVAL: "or can't attach segment at shmaddr, or SHM_REMAP was specified and shmaddr was NULL". There are no
        // addresses here.
        if ((attach.Flags & IpcFlags.SHM_REMAP) != 0) return Rejection.Unrecorded(Errno.EINVAL);
        // EACCES: "The calling process does not have the required permissions for the requested attach type."
        if (!Allows(stamp, RightsOf(attach.Flags))) return Rejection.Recorded(Errno.EACCES);
        // ENOMEM: "Could not allocate memory for the descriptor or for the page tables."
        if (_attachments.Count >= Bounds.AttachmentsPerSegment) return Rejection.Recorded(Errno.ENOMEM);
        return null;
    }

    private static int RightsOf(int flags)
    {
        var rights = IpcPermissions.Read;
        if ((flags & IpcFlags.SHM_RDONLY) == 0) rights |= IpcPermissions.Write;
        if ((flags & IpcFlags.SHM_EXEC) != 0) rights |= IpcPermissions.Execute;
        return rights;
    }

    private void Detach(Stamp stamp, Call call, ShmDt detach)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (!_attachments.TryGetValue(detach.Attachment, out var attachment) || attachment.Pid != pid)
        {
            // EINVAL: "There is no shared memory segment attached at shmaddr."
            FailRecorded(pid, seq, Errno.EINVAL);
            return;
        }

        var isLast = IsMarked && _attachments.Count == 1;
        Emit(new Event
        {
            SegmentDetached = new SegmentDetached
            {
                Pid = pid, Seq = seq, Attachment = detach.Attachment, TimeMs = WallMs, Last = isLast,
            },
        });
        if (isLast) End();
        else Release(pid, seq);
    }

    // ---- shmctl(2) ----

    private void Stat(Stamp stamp, Call call, ShmStat stat)
    {
        if (WhyNotStat(stamp, stat.Any) is { } rejection) Reject(stamp.Pid, call.Seq, rejection);
        else AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, SegmentStat = ToStat() });
    }

    private SegmentStat ToStat() => new()
    {
        Id = Id,
        Permissions = Permissions.Clone(),
        Segsz = _size,
        Atime = _atimeMs / 1000,
        Dtime = _dtimeMs / 1000,
        Ctime = CtimeMs / 1000,
        Cpid = _cpid,
        Lpid = _lpid,
        Nattch = (ulong)_attachments.Count,
        Volatile = IsVolatile,
        Extents = (ulong)_extents.Count,
    };

    private void Set(Stamp stamp, Call call, ShmSet wish)
    {
        var set = wish.Patch is { } patch ? Patched(patch) : wish;
        var change = new SegmentSet { Values = set, TimeMs = WallMs, Pid = stamp.Pid, Seq = call.Seq };
        var rejection = WhyNotOwner(stamp) ?? WhyNotOwnerIds(set.Uid, set.Gid);
        Set(stamp, call.Seq, rejection, new Event { SegmentSet = change });
    }

    private ShmSet Patched(PermissionsPatch patch)
    {
        var (uid, gid, mode) = MembersAfter(patch);
        return new ShmSet { Uid = uid, Gid = gid, Mode = mode };
    }

    private void Lock(Stamp stamp, Call call, ShmLock wish)
    {
        var change = new SegmentLocked { Pid = stamp.Pid, Seq = call.Seq, Locked = !wish.Unlock };
        Set(stamp, call.Seq, WhyNotOwner(stamp), new Event { SegmentLocked = change });
    }

    // ---- creation ----

    protected override Event Create(DirectoryEntry entry) => new()
    {
        SegmentCreated = new SegmentCreated
        {
            Id = entry.Id,
            Permissions = entry.Permissions,
            Size = entry.InitialSize,
            TimeMs = entry.TimeMs,
            Cpid = entry.Creator,
            Volatile = entry.Volatile,
            Secret = Capability.NewSecret(Key, Incarnation),
        },
    };

    protected override void Describe(Reply reply) => reply.SegmentSize = new SegmentSize { Bytes = _size };

    // ---- removal ----

    protected override Event Mark() => new() { SegmentDoomed = new SegmentDoomed() };

    protected override Event BeginEnd() => new() { SegmentEnding = new SegmentEnding() };

    protected override Event Removed() => new() { SegmentRemoved = new SegmentRemoved() };

    protected override void AfterWaitersRemoved() => EndIfUnheld();

    // Confirmed when the directory and the extents know of the removal.
    protected override bool MayForget => base.MayForget && _extents.Count == 0;

    // ---- extents ----

    protected override void OnRequest(Request request, ulong token)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.OpenExtent when Phase == Life.Unborn:
                HoldUntilBorn(request, token);
                break;
            case Request.BodyOneofCase.OpenExtent:
                Open(request, token);
                break;
            default:
                base.OnRequest(request, token);
                break;
        }
    }

    private void Open(Request request, ulong token)
    {
        var open = request.OpenExtent;
        if (Phase == Life.Unknown)
        {
            Answer(token, request, UnknownErrno);
        }
        else if (Phase == Life.Removed || IsEnding || Extents.BytesOf(_size, open.Index) == 0)
        {
            Fence(); // the extent fails its callers for good
            Answer(token, request, Errno.EINVAL);
        }
        else if (_extents.WhyNotOpen(open, IsVolatile) is var errno and not Errno.None)
        {
            Answer(token, request, errno);
        }
        else
        {
            if (_extents.ClaimOf(open, IsVolatile) is { } claim) Emit(claim);
            else if (open.HasPast) Fence(); // the extent may have been destroyed, and this life may not know
            var opened = _extents.ToOpened(_size, version: 0, IsVolatile);
            Answer(token, request, Errno.None, reply => reply.ExtentOpened = opened);
        }
    }

    protected override void OnAnswer(Request request, Reply reply)
    {
        if (request.BodyCase == Request.BodyOneofCase.DestroyExtent)
        {
            if (_extents.ReleaseOf(reply.From) is { } release) Emit(release);
            SendOutbox();
        }
        else
        {
            base.OnAnswer(request, reply);
        }
    }
}
