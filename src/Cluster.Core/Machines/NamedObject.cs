using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// An object with a name and with open file descriptions: open(2), close(2), fcntl(2), poll(2), unlink(2), as the objects
/// of mq_overview(7), sem_overview(7) and shm_overview(7) have them.
/// </summary>
/// <remarks>
/// What a caller sees. Permissions are checked when the object is opened, and never again. A description has an access
/// mode and O_NONBLOCK, and one or more processes hold it. A process that ends closes all that it holds. After unlink the
/// name is free at once, and the object lives until the last description is closed and the last blocked call has
/// returned. A call on a description that is closed, or that the process does not hold, fails with EBADF.
///
/// The creation and the first open of the creator are two calls, and nothing comes between them: the open of the creator
/// checks no permission, and the object waits for it, also if it is unlinked meanwhile, until the creator has ended.
///
/// Who tells whom. The session of a process registers the object with the process entity before the first call. A
/// process that gets a description from another one may never call. Therefore the object itself asks the process entity
/// to register it. Until the answer comes the description is in flight, and the call that shares it has no result: so its
/// caller, or the exit of its caller, brings this entity back should its node die. The same is done for the creator of
/// an object that is unlinked before the creator opens it; there the directory waits. An object without a name is unlinked
/// from the beginning. The directory unlinks it when its creator exits: the creator may never have called the object.
///
/// What a kind has to implement beside <see cref="ObjectMachine"/>: <see cref="HandleOwn"/>, <see cref="ApplyNamed"/>,
/// and <see cref="Readiness"/> if the kind can be polled.
/// </remarks>
public abstract partial class NamedObject(EntityKey key) : LingeringObject(key)
{
    private FewMap<long, Description> _descriptions;
    private List<SharedFact>? _shares;       // under way
    private long _nextNumber = 1;
    private int _holderCount;
    private bool _isUnlinked;
    private bool _isDestroyed;               // with its namespace, although somebody had it open
    private int _creator;                    // who made the object and has not opened it yet; 0: nobody
    private ulong _creatorSeq;
    private bool _isCreatorRegistered;
    private (Request Request, ulong Token)? _unlinker; // not journalled: the directory asks again

    /// <summary>The number of open file descriptions.</summary>
    public int DescriptionCount => _descriptions.Count;

    /// <summary>Each holder of each description, for the checks of the simulation.</summary>
    internal IEnumerable<(long Number, int Pid)> AllHolders =>
        _descriptions.Values.SelectMany(each => each.Holders.Select(pid => (each.Number, pid)));

    protected override bool IsMarked => _isUnlinked;

    protected override bool IsHeld => HasHolders || IsHeldOtherwise;

    /// <summary>Whether a process has the object open, waits for it, or has made it and is about to open it.</summary>
    protected bool HasHolders => _descriptions.Count > 0 || Waiters.Count > 0 || _creator != 0;

    protected override Errno AbsentErrno => _isDestroyed ? Errno.EIDRM : Errno.EBADF;

    // mq_unlink(3), sem_unlink(3), shm_unlink(3): "The caller does not have permission to unlink this" object.
    protected override Errno ForeignErrno => Errno.EACCES;

    // ---- what a kind implements ----

    /// <summary>Decides a call of the kind.</summary>
    protected abstract void HandleOwn(Stamp stamp, Call call);

    /// <summary>Changes the kind's state.</summary>
    protected abstract void ApplyNamed(Event fact);

    /// <summary>The events of poll(2) that hold now for a description; by default all, as of a regular file.</summary>
    protected virtual int Readiness(Description description) => FileFlags.POLLIN | FileFlags.POLLOUT;

    /// <summary>Whether something of the kind keeps an unlinked object alive that nobody has open (a mapping).</summary>
    protected virtual bool IsHeldOtherwise => false;

    /// <summary>The flags of open(2) that the kind knows, beside the access mode.</summary>
    protected virtual int OpenFlags => FileFlags.O_NONBLOCK;

    /// <summary>The flags that F_SETFL of fcntl(2) may set.</summary>
    protected virtual int StatusFlags => FileFlags.O_NONBLOCK;

    /// <summary>Whether an object without a name has two ends, which its creator opens in one call: pipe(2).</summary>
    protected virtual bool HasEnds => false;

    /// <summary>The flags of the two ends: those of the call, each with its access mode.</summary>
    protected virtual (int First, int Second) EndsOf(int flags) => (flags, flags);

    /// <summary>Why the kind lets a process not open the object, whatever its permissions are; null: it does.</summary>
    /// <param name="open">The call.</param>
    /// <param name="isCreator">Whether this is the first open of the process that has made the object.</param>
    protected virtual Rejection? WhyNotOpenOwn(DescriptionOpen open, bool isCreator) => null;

    /// <summary>
    /// A description that was opened for another process has reached it, or ends since that process has ended. Applied, so it
    /// decides nothing.
    /// </summary>
    protected virtual void ApplyHandedOver(long number, bool isHeld)
    {
    }

    /// <summary>st_size of stat(2), in bytes.</summary>
    protected virtual long StatSize => 0;

    /// <summary>Parks an open that waits for another one, as that of a FIFO, or fails it; false: it opens at once.</summary>
    protected virtual bool TryParkOpen(Stamp stamp, Call call, int flags) => false;

    /// <summary>A description was opened (1) or has ended (-1). Applied, so it decides nothing.</summary>
    protected virtual void ApplyDescription(Description description, int change)
    {
    }

    /// <summary>A process closes a descriptor of the object: flush of the kernel's file operations.</summary>
    protected virtual void Flush(int pid)
    {
    }

    // ---- decide ----

    protected sealed override void Handle(Stamp stamp, Call call)
    {
        if (call.OpCase != Call.OpOneofCase.Description)
        {
            HandleOwn(stamp, call);
            return;
        }

        var operation = call.Description;
        switch (operation.OpCase)
        {
            case DescriptionCall.OpOneofCase.Open:
                Open(stamp, call, operation.Open);
                break;
            case DescriptionCall.OpOneofCase.Close:
                Close(stamp, call.Seq, operation.Close);
                break;
            case DescriptionCall.OpOneofCase.SetFlags:
                SetFlags(stamp, call.Seq, operation.SetFlags);
                break;
            case DescriptionCall.OpOneofCase.Share:
                Share(stamp, call.Seq, operation.Share);
                break;
            case DescriptionCall.OpOneofCase.Poll:
                Poll(stamp, call, operation.Poll);
                break;
            case DescriptionCall.OpOneofCase.Stat:
                AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, FileStat = ToStat() });
                break;
            case DescriptionCall.OpOneofCase.Holders:
                AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, HeldDescriptions = ToHeld(stamp) });
                break;
            default:
                FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    /// <summary>The description with a number that the process holds; null: EBADF.</summary>
    protected Description? Held(int pid, long number) =>
        _descriptions.TryGetValue(number, out var description) && description.Holders.Contains(pid)
            ? description
            : null;

    private void Open(Stamp stamp, Call call, DescriptionOpen open)
    {
        if (WhyNotOpen(stamp, open) is { } rejection) Reject(stamp.Pid, call.Seq, rejection);
        else if (open.Pair) CompleteOpen(stamp.Pid, call.Seq, open.Flags, isPair: true);
        else if (!TryParkOpen(stamp, call, open.Flags)) CompleteOpen(stamp.Pid, call.Seq, open.Flags);
    }

    /// <summary>Opens a description, or both ends of an object, and answers the call, which may have been parked.</summary>
    protected void CompleteOpen(int pid, ulong seq, int flags, bool isPair = false)
    {
        var opened = new OpenedFact { Pid = pid, Seq = seq, Flags = flags, Pair = isPair };
        Emit(new Event { Description = new DescriptionFact { Opened = opened } });
        Release(pid, seq);
    }

    private Rejection? WhyNotOpen(Stamp stamp, DescriptionOpen open)
    {
        var isCreator = open.CreatedBy != 0 && open.CreatedBy == _creatorSeq && stamp.Pid == _creator;
        var access = open.Flags & FileFlags.O_ACCMODE;
        // pipe2(2): EINVAL: "Invalid value in flags." The ends have their own access modes.
        if (open.Pair && (!HasEnds || !isCreator || (open.Flags & ~StatusFlags) != 0))
            return Rejection.Unrecorded(Errno.EINVAL);
        if (!open.Pair && (open.Flags & ~(FileFlags.O_ACCMODE | OpenFlags)) != 0)
            return Rejection.Unrecorded(Errno.EINVAL);
        if (WhyNotOpenOwn(open, isCreator) is { } rejection) return rejection;
        if (isCreator) return null;
        // The name is free, and nobody finds the object by it any more. A late open looks for the name again.
        if (_isUnlinked) return Rejection.Recorded(AbsentErrno);
        // EINVAL: O_WRONLY and O_RDWR together. Linux lets the creator have such a description, which can do nothing.
        if (access == FileFlags.O_ACCMODE) return Rejection.Unrecorded(Errno.EINVAL);
        // EACCES: "exists, but the caller does not have permission to open it in the specified mode."
        if (!FilePermissions.Allow(Permissions, stamp.Credentials, FilePermissions.NeededBy(open.Flags)))
            return Rejection.Recorded(Errno.EACCES);
        if (_holderCount >= Bounds.HoldersPerObject) return Rejection.Recorded(Errno.ENFILE);
        return null;
    }

    private void Close(Stamp stamp, ulong seq, DescriptionClose close)
    {
        if (Held(stamp.Pid, close.Number) is not { } description)
        {
            FailRecorded(stamp.Pid, seq, Errno.EBADF);
            return;
        }

        Flush(stamp.Pid);
        if (close.Keeps)
        {
            AnswerRecorded(stamp.Pid, new Result { Seq = seq });
            return;
        }

        var isLast = IsMarked && _descriptions.Count == 1 && description is { Holders.Count: 1, InFlight: 0 }
            && Waiters.Count == 0 && _creator == 0 && !IsHeldOtherwise;
        Emit(new Event
        {
            Description = new DescriptionFact
            {
                Closed = new ClosedFact { Pid = stamp.Pid, Seq = seq, Number = close.Number, Last = isLast },
            },
        });
        if (isLast) End();
        else Release(stamp.Pid, seq);
    }

    private void SetFlags(Stamp stamp, ulong seq, DescriptionSetFlags set)
    {
        // EINVAL, mq_setattr(3): "newattr->mq_flags contained set bits other than O_NONBLOCK."
        if ((set.Flags & ~StatusFlags) != 0)
        {
            FailUnrecorded(stamp.Pid, seq, Errno.EINVAL);
        }
        else if (Held(stamp.Pid, set.Number) is null)
        {
            FailRecorded(stamp.Pid, seq, Errno.EBADF);
        }
        else
        {
            var flags = new FlagsFact { Pid = stamp.Pid, Seq = seq, Number = set.Number, Flags = set.Flags };
            Emit(new Event { Description = new DescriptionFact { FlagsSet = flags } });
            Release(stamp.Pid, seq);
        }
    }

    private void Share(Stamp stamp, ulong seq, DescriptionShare share)
    {
        if (IsUnderWay(stamp.Pid, seq)) return;
        if (WhyNotShare(stamp, share) is { } rejection)
        {
            Reject(stamp.Pid, seq, rejection);
            return;
        }

        var shared = new SharedFact { Pid = stamp.Pid, Seq = seq, Number = share.Number, Holder = share.Pid };
        Emit(new Event { Description = new DescriptionFact { Shared = shared } });
        SendOutbox();
    }

    /// <summary>
    /// Opens a description for a process that has not asked this object for it. The description is in flight until the process
    /// entity has answered (<see cref="ApplyHandedOver"/>).
    /// </summary>
    protected void OpenFor(int pid)
    {
        var shared = new SharedFact { Number = _nextNumber, Holder = pid, Opens = true };
        Emit(new Event { Description = new DescriptionFact { Shared = shared } });
        SendOutbox();
    }

    /// <summary>Whether a description is on its way to a process.</summary>
    protected bool IsInFlight(long number) =>
        _descriptions.TryGetValue(number, out var description) && description.InFlight > 0;

    /// <summary>The processes that hold a description, in order.</summary>
    protected IEnumerable<int> HoldersOf(long number) =>
        _descriptions.TryGetValue(number, out var description) ? description.Holders.Order() : [];

    private Rejection? WhyNotShare(Stamp stamp, DescriptionShare share)
    {
        if (share.Pid <= 0) return Rejection.Unrecorded(Errno.EINVAL);
        if (Held(stamp.Pid, share.Number) is null) return Rejection.Recorded(Errno.EBADF);
        // ESRCH: the process has ended.
        if (Ledger.HasExited(share.Pid)) return Rejection.Recorded(Errno.ESRCH);
        if (_holderCount >= Bounds.HoldersPerObject) return Rejection.Recorded(Errno.ENFILE);
        return null;
    }

    private FileStat ToStat() => new()
    {
        Id = Id,
        Permissions = Permissions.Clone(),
        Size = StatSize,
        Ctime = CtimeMs / 1000,
        Descriptions = _descriptions.Count,
        Volatile = IsVolatile,
        Unlinked = _isUnlinked,
    };

    // A user sees who else has the user's own objects open, and root sees all, as of /proc/PID/fd.
    private HeldDescriptions ToHeld(Stamp stamp)
    {
        var held = new HeldDescriptions();
        var seesAll = IpcPermissions.Owns(Permissions, stamp.Credentials);
        foreach (var description in _descriptions.Values.OrderBy(each => each.Number))
        {
            var shown = new HeldDescription { Number = description.Number, Flags = description.Flags };
            shown.Holders.AddRange(description.Holders.Where(pid => seesAll || pid == stamp.Pid).Order());
            if (shown.Holders.Count > 0) held.Descriptions.Add(shown);
        }

        return held;
    }

    // ---- what follows ----

    // Before an exit is confirmed: see LingeringObject.
    protected override void AfterWaitersRemoved() => EndIfUnheld();

    protected override void OnSettled()
    {
        base.OnSettled();
        if (Phase != Life.Alive) return;
        ServePolls();
        EndIfUnheld();
    }

    // ---- holders that have not called ----

    protected override bool MayConfirmExit(int pid) => base.MayConfirmExit(pid) && _shares is null;

    protected override bool IsUnderWay(int pid, ulong seq) =>
        base.IsUnderWay(pid, seq) || _shares?.Exists(share => share.Pid == pid && share.Seq == seq) is true;

    protected override void OnRequest(Request request, ulong token)
    {
        // An unlinked object waits for its creator, so it has to hear of the creator's exit.
        var isUnlink = request.BodyCase == Request.BodyOneofCase.DestroyObject
            && request.DestroyObject.Credentials is not null && Phase == Life.Alive;
        if (isUnlink && _creator != 0 && !_isCreatorRegistered)
        {
            _unlinker = (request, token);
            Register(_creator);
            SendOutbox();
        }
        else
        {
            base.OnRequest(request, token);
        }
    }

    protected override void OnAnswer(Request request, Reply reply)
    {
        if (request.BodyCase != Request.BodyOneofCase.TouchEntities)
        {
            base.OnAnswer(request, reply);
            return;
        }

        var holder = new HolderFact { Pid = (int)reply.From.Id, Errno = reply.Errno };
        var shared = _shares?.Where(share => share.Holder == holder.Pid).ToArray() ?? [];
        Emit(new Event { Description = new DescriptionFact { HolderSettled = holder } });
        foreach (var share in shared) Release(share.Pid, share.Seq);
        if (_unlinker is { } unlinker)
        {
            _unlinker = null;
            OnRequest(unlinker.Request, unlinker.Token);
        }

        SendOutbox();
    }
}
