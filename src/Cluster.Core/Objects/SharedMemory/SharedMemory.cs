using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.SharedMemory;

/// <summary>
/// A System V shared memory segment: shmop(2), shmctl(2), sysvipc(7). Who is attached, and who may; the bytes lie in
/// its extents (<see cref="Extent"/>).
/// </summary>
/// <remarks>
/// What a caller sees. shmat counts, shmdt and the exit of the process uncount. IPC_RMID on a segment that is attached
/// marks it (SHM_DEST): its key is free at once, it can still be used and even attached by id, and it goes with its
/// last attachment. An attachment carries a capability, which the process shows to the extents: they serve it without
/// asking here, and as on Linux a change of permissions takes nothing from whoever is attached already.
///
/// Who tells whom. An extent asks here when it is called first, and before it is first written: so all extents that may
/// have a journal are known here, and at the end each is told to go until it has confirmed. The end at the last detach
/// is told to the directory before that detach is answered (or that exit confirmed): whoever waits for it brings this
/// entity back should its node die in between.
///
/// Deviations from Linux: docs/objects/shared-memory.md.
/// </remarks>
public sealed partial class SharedMemory(EntityKey key) : ObjectMachine(key)
{
    // ---- state ----

    private FewMap<long, StoredAttachment> _attachments;
    private FewMap<int, ulong> _extents; // that may have a journal: index -> its one incarnation
    private Permissions _permissions = new();
    private ByteString _secret = ByteString.Empty;
    private int _id;
    private ulong _size;
    private long _atimeMs;
    private long _dtimeMs;
    private long _ctimeMs;
    private int _cpid;
    private int _lpid;
    private long _nextAttachment = 1;
    private bool _volatile;
    private bool _ending;           // doomed, and nobody is attached any more: the directory is being told
    private int _endingPid;         // whose shmdt waits for that; 0: nobody's
    private ulong _endingSeq;

    private (Request Request, ulong Token)? _forgetter; // not journalled: it asks again

    /// <inheritdoc/>
    public override bool IsVolatile => _volatile;

    /// <inheritdoc/>
    protected override Permissions Permissions => _permissions;

    /// <summary>shm_nattch, for the simulation's checks.</summary>
    internal int AttachmentCount => _attachments.Count;

    private bool IsDoomed => (_permissions.Mode & IpcFlags.SHM_DEST) != 0;

    // ---- decide ----

    /// <inheritdoc/>
    protected override void Call(Stamp stamp, Call call)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (_ending)
        {
            // Only the last shmdt may be sent again, and it is still under way.
            if (!IsUnderWay(pid, seq)) Refuse(pid, seq, Errno.EINVAL);
            return;
        }

        switch (call.OpCase)
        {
            case Protocol.Call.OpOneofCase.Shmat:
                Attach(stamp, seq, call.Shmat);
                break;
            case Protocol.Call.OpOneofCase.Shmdt:
                Detach(pid, seq, call.Shmdt);
                break;
            case Protocol.Call.OpOneofCase.Shmstat:
                Stat(stamp, seq, call.Shmstat);
                break;
            case Protocol.Call.OpOneofCase.Shmset:
                Set(stamp, seq, call.Shmset);
                break;
            case Protocol.Call.OpOneofCase.Shmlock:
                Lock(stamp, seq, call.Shmlock);
                break;
            case Protocol.Call.OpOneofCase.Access:
                var allowed = IpcPermissions.Allow(_permissions, stamp.Credentials, call.Access.Flags);
                Refuse(pid, seq, allowed ? Errno.None : Errno.EACCES);
                break;
            default:
                Refuse(pid, seq, Errno.EINVAL);
                break;
        }
    }

    private void Attach(Stamp stamp, ulong seq, ShmAt attach)
    {
        var pid = stamp.Pid;
        var readOnly = (attach.Flags & IpcFlags.SHM_RDONLY) != 0;
        var wanted = readOnly ? IpcPermissions.Read : IpcPermissions.Read | IpcPermissions.Write;
        if ((attach.Flags & IpcFlags.SHM_EXEC) != 0) wanted |= IpcPermissions.Execute;
        if ((attach.Flags & IpcFlags.SHM_REMAP) != 0) Refuse(pid, seq, Errno.EINVAL);
        else if (!IpcPermissions.Allow(_permissions, stamp.Credentials, wanted)) Fail(pid, seq, Errno.EACCES);
        else if (_attachments.Count >= Bounds.AttachmentsPerSegment) Fail(pid, seq, Errno.ENOMEM);
        else
        {
            Emit(new Event
            {
                SegmentAttached = new SegmentAttached { Pid = pid, Seq = seq, ReadOnly = readOnly, TimeMs = NowMs },
            });
            Release(pid, seq);
        }
    }

    private void Detach(int pid, ulong seq, ShmDt detach)
    {
        if (!_attachments.TryGetValue(detach.Attachment, out var attachment) || attachment.Pid != pid)
        {
            Fail(pid, seq, Errno.EINVAL);
            return;
        }

        var isLast = IsDoomed && _attachments.Count == 1;
        Emit(new Event
        {
            SegmentDetached = new SegmentDetached
            {
                Pid = pid, Seq = seq, Attachment = detach.Attachment, TimeMs = NowMs, Last = isLast,
            },
        });
        if (isLast) End();
        else Release(pid, seq);
    }

    private void Stat(Stamp stamp, ulong seq, ShmStat stat)
    {
        if (!stat.Any && !IpcPermissions.Allow(_permissions, stamp.Credentials, IpcPermissions.Read))
        {
            Refuse(stamp.Pid, seq, Errno.EACCES);
            return;
        }

        var segment = new SegmentStat
        {
            Id = _id,
            Permissions = _permissions.Clone(),
            Segsz = _size,
            Atime = _atimeMs / 1000,
            Dtime = _dtimeMs / 1000,
            Ctime = _ctimeMs / 1000,
            Cpid = _cpid,
            Lpid = _lpid,
            Nattch = (ulong)_attachments.Count,
            Volatile = _volatile,
            Extents = (ulong)_extents.Count,
        };
        Respond(stamp.Pid, new Result { Seq = seq, SegmentStat = segment });
    }

    private void Set(Stamp stamp, ulong seq, ShmSet set)
    {
        var pid = stamp.Pid;
        if (!IpcPermissions.Owns(_permissions, stamp.Credentials)) Fail(pid, seq, Errno.EPERM);
        else if (set.Uid == uint.MaxValue || set.Gid == uint.MaxValue) Fail(pid, seq, Errno.EINVAL);
        else
        {
            Emit(new Event { SegmentSet = new SegmentSet { Values = set, TimeMs = NowMs, Pid = pid, Seq = seq } });
            Release(pid, seq);
        }
    }

    private void Lock(Stamp stamp, ulong seq, ShmLock wish)
    {
        if (!IpcPermissions.Owns(_permissions, stamp.Credentials))
        {
            Fail(stamp.Pid, seq, Errno.EPERM);
            return;
        }

        Emit(new Event { SegmentLocked = new SegmentLocked { Pid = stamp.Pid, Seq = seq, Locked = !wish.Unlock } });
        Release(stamp.Pid, seq);
    }

    /// <inheritdoc/>
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

    // ---- the end ----

    /// <inheritdoc/>
    protected override bool Linger()
    {
        if (_ending) return true;
        if (_attachments.Count == 0) return false;
        if (!IsDoomed) Emit(new Event { SegmentDoomed = new SegmentDoomed() });
        return true;
    }

    /// <inheritdoc/>
    protected override void Destroy()
    {
        var (pid, seq) = (_endingPid, _endingSeq);
        Emit(new Event { SegmentRemoved = new SegmentRemoved() });
        if (pid != 0) Release(pid, seq);
        PumpOutbox();
    }

    /// <inheritdoc/>
    protected override void OnDeparted()
    {
        if (Phase == Life.Alive && IsDoomed && _attachments.Count == 0 && !_ending) End();
    }

    private void End()
    {
        Emit(new Event { SegmentEnding = new SegmentEnding() });
        PumpOutbox();
    }

    /// <inheritdoc/>
    protected override bool MayConfirmExit => !_ending;

    /// <inheritdoc/>
    protected override bool IsUnderWay(int pid, ulong seq) => _ending && pid == _endingPid && seq == _endingSeq;

    // ---- extents ----

    /// <inheritdoc/>
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
            case Request.BodyOneofCase.ForgetObject when _ending || _extents.Count > 0:
                _forgetter = (request, token); // not before it is settled what follows from the removal
                break;
            default:
                base.OnRequest(request, token);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void Describe(Reply reply) => reply.SegmentSize = new SegmentSize { Bytes = _size };

    private void Open(Request request, ulong token)
    {
        var open = request.OpenExtent;
        var index = open.Index;
        var incarnation = _volatile ? open.Incarnation : 0;
        if (Phase == Life.Unknown)
        {
            Answer(token, request, UnknownErrno);
            return;
        }

        if (Phase == Life.Removed || _ending || Extents.BytesOf(_size, index) == 0)
        {
            Fence(); // the extent will answer its callers so, for good
            Answer(token, request, Errno.EINVAL);
            return;
        }

        if (_extents.TryGetValue(index, out var first))
        {
            if (first != incarnation)
            {
                Answer(token, request, Errno.EIDRM); // what had been written is lost
                return;
            }
        }
        else if (open.Create)
        {
            Emit(new Event { ExtentClaimed = new ExtentClaimed { Index = index, Incarnation = incarnation } });
        }

        var opened = new ExtentOpened { Secret = _secret, Size = _size, Volatile = _volatile };
        Answer(token, request, Errno.None, reply => reply.ExtentOpened = opened);
    }

    /// <inheritdoc/>
    protected override void OnAnswer(Reply reply)
    {
        if (reply.From.Kind == Kind.Extent)
        {
            var index = Extents.IndexOf(reply.From);
            if (_extents.ContainsKey(index))
                Emit(new Event { ExtentReleased = new ExtentReleased { Index = index } });
            PumpOutbox();
        }
        else if (_ending)
        {
            Destroy();
        }
        else
        {
            base.OnAnswer(reply);
        }

        if (_forgetter is not { } forgetter || _ending || _extents.Count > 0) return;
        _forgetter = null;
        base.OnRequest(forgetter.Request, forgetter.Token);
    }
}
