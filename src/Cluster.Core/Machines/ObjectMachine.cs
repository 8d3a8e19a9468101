using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// A machine of a kind whose objects a directory creates: what all such objects share. That is id, permissions,
/// volatility, change time, the access check of the get calls, IPC_SET, and the life from creation to removal.
/// </summary>
/// <remarks>
/// The entry in the directory is the creation. An object without a journal asks the directory what it is when it is
/// first called, so no crash can leave an entry without its object or an object without its entry. Removal goes the
/// other way: the directory asks the object, then drops the entry, then tells the object to forget itself.
///
/// What a kind has to implement: <see cref="Decide"/>, <see cref="Create"/>, <see cref="Removed"/>,
/// <see cref="ApplyOwn"/>, and its snapshot.
/// </remarks>
public abstract partial class ObjectMachine(EntityKey key) : Machine(key)
{
    private HeldInputs _held; // while the directory is asked
    private bool _isForgotten;
    private bool _isLost;
    private bool _isVolatile;

    // ---- state that all objects share ----

    /// <summary>The id of the object (msqid, semid, shmid).</summary>
    protected int Id => (int)Key.Id;

    /// <summary>The phase of the object's life.</summary>
    protected Life Phase { get; private set; } = Life.Unborn;

    /// <summary>Owner, creator and mode: struct ipc_perm of sysvipc(7).</summary>
    protected Permissions Permissions { get; private set; } = new();

    /// <summary>The time of the last change by a ctl call, in ms since the epoch (msg_ctime and its like).</summary>
    protected long CtimeMs { get; set; }

    /// <summary>Whether the object has confirmed its removal and may delete its journal.</summary>
    protected bool IsForgotten => _isForgotten;

    /// <summary>The directory that lists the object.</summary>
    protected EntityKey Directory =>
        new() { Kind = Kind.Directory, Namespace = Key.Namespace, Id = (long)Key.Kind };

    /// <summary>The error of a call on an object that is removed or never was: as Linux for an unused id.</summary>
    protected virtual Errno AbsentErrno => Errno.EINVAL;

    /// <summary>The error of a call on an object that the directory does not list.</summary>
    protected Errno UnknownErrno => _isLost ? LostErrno : AbsentErrno;

    /// <summary>The error of a call on a volatile object that was lost with its node.</summary>
    protected virtual Errno LostErrno => Errno.EIDRM;

    /// <summary>The error of a removal by somebody who may not remove the object.</summary>
    protected virtual Errno ForeignErrno => Errno.EPERM;

    public override bool IsVolatile => _isVolatile;

    public override bool IsFinished => Phase switch
    {
        Life.Unknown => true,
        Life.Removed => _isForgotten && Ledger.UnacknowledgedCount == 0,
        _ => false,
    };

    public override bool MayPassivate => Phase == Life.Unborn || base.MayPassivate;

    // ---- what a kind implements ----

    /// <summary>Decides a call on an object that is alive.</summary>
    protected abstract void Decide(Stamp stamp, Call call);

    /// <summary>The event that makes the object what the entry of the directory says.</summary>
    protected abstract Event Create(DirectoryEntry entry);

    /// <summary>The event that removes the object.</summary>
    protected abstract Event Removed();

    /// <summary>Changes the kind's state; see <see cref="Machine.ApplyFact"/>.</summary>
    protected abstract void ApplyOwn(Event fact);

    /// <summary>Removes the object: fails every waiter with EIDRM, then emits the removal.</summary>
    protected virtual void Destroy()
    {
        FailAllWaiters(Errno.EIDRM);
        Emit(Removed());
    }

    /// <summary>
    /// Whether an object that is asked to go goes later by itself, and has journalled that. Its key is free at once.
    /// </summary>
    protected virtual bool Linger() => false;

    /// <summary>Adds to the answer to a tracer who may trace the object.</summary>
    protected virtual void Describe(Reply reply)
    {
    }

    // ---- calls ----

    protected override void OnSubmit(Submit submit)
    {
        switch (Phase)
        {
            case Life.Unborn:
                if (_held.HasExitOf(submit.Stamp.Pid)) break;
                if (_held.TryAdd(submit)) Claim(); // without room the caller sends again
                break;
            case Life.Unknown:
                FailAll(submit, UnknownErrno);
                break;
            default:
                base.OnSubmit(submit);
                break;
        }
    }

    protected sealed override void Execute(Stamp stamp, Call call)
    {
        if (Phase == Life.Removed) FailUnrecorded(stamp.Pid, call.Seq, AbsentErrno);
        else if (Phase != Life.Alive) throw new InvalidOperationException($"a call in the phase {Phase}");
        else if (call.OpCase == Call.OpOneofCase.Access) CheckAccess(stamp, call);
        else Decide(stamp, call);
    }

    /// <summary>Whether the caller has a permission (<see cref="IpcPermissions"/>).</summary>
    protected bool Allows(Stamp stamp, int wanted) => IpcPermissions.Allow(Permissions, stamp.Credentials, wanted);

    // msgget(2) and its like, on a key that exists: EACCES "the calling process does not have permission".
    private void CheckAccess(Stamp stamp, Call call) => AnswerUnrecorded(stamp.Pid, new Result
    {
        Seq = call.Seq, Errno = (int)(Allows(stamp, call.Access.Flags) ? Errno.None : Errno.EACCES),
    });

    /// <summary>
    /// The guard of IPC_STAT and the STAT calls: EACCES without read permission, except for STAT_ANY.
    /// </summary>
    protected Rejection? WhyNotStat(Stamp stamp, bool any) =>
        any || Allows(stamp, IpcPermissions.Read) ? null : Rejection.Unrecorded(Errno.EACCES);

    /// <summary>The guard of IPC_SET and the other calls that only the owner may make: EPERM.</summary>
    protected Rejection? WhyNotOwner(Stamp stamp) =>
        IpcPermissions.Owns(Permissions, stamp.Credentials) ? null : Rejection.Recorded(Errno.EPERM);

    /// <summary>The guard of IPC_SET's values: ipc_update_perm of Linux refuses the ids -1 with EINVAL.</summary>
    protected static Rejection? WhyNotOwnerIds(uint uid, uint gid) =>
        uid == uint.MaxValue || gid == uint.MaxValue ? Rejection.Recorded(Errno.EINVAL) : null;

    /// <summary>
    /// The members that IPC_SET writes for a patch: those of the patch, and the present ones where it has none. The
    /// journal has the members, not the patch, so a replay does not depend on the order of changes.
    /// </summary>
    protected (uint Uid, uint Gid, uint Mode) MembersAfter(PermissionsPatch patch) => (
        patch.HasUid ? patch.Uid : Permissions.Uid,
        patch.HasGid ? patch.Gid : Permissions.Gid,
        patch.HasMode ? patch.Mode : Permissions.Mode & IpcFlags.ModeBits);

    /// <summary>IPC_SET: emits the change, or fails as the guards say.</summary>
    protected void Set(Stamp stamp, ulong seq, Rejection? rejection, Event change)
    {
        if (rejection is { } why)
        {
            Reject(stamp.Pid, seq, why);
            return;
        }

        Emit(change);
        Release(stamp.Pid, seq);
    }

    // ---- apply ----

    protected sealed override void ApplyFact(Event fact)
    {
        if (fact.FactCase == Event.FactOneofCase.SelfForgotten) _isForgotten = true;
        else ApplyOwn(fact);
    }

    /// <summary>Applies the part of a creation that all kinds share.</summary>
    protected void ApplyCreated(Permissions permissions, long timeMs, bool isVolatile)
    {
        Permissions = permissions.Clone();
        CtimeMs = timeMs;
        _isVolatile = isVolatile;
        Phase = Life.Alive;
    }

    /// <summary>Applies the part of IPC_SET that all kinds share. Bits above the nine mode bits stay.</summary>
    protected void ApplySet(uint uid, uint gid, uint mode, long timeMs, int pid, ulong seq)
    {
        Permissions.Uid = uid;
        Permissions.Gid = gid;
        Permissions.Mode = (Permissions.Mode & ~(uint)IpcFlags.ModeBits) | (mode & IpcFlags.ModeBits);
        CtimeMs = timeMs;
        ApplyCompleted(pid, new Result { Seq = seq });
    }

    /// <summary>Applies the part of a removal that all kinds share.</summary>
    protected void ApplyRemoved() => Phase = Life.Removed;

    /// <summary>Loads the part of a snapshot that all kinds share.</summary>
    protected void LoadShared(Permissions permissions, long ctimeMs, bool isVolatile, bool removed, bool forgotten)
    {
        Permissions = permissions.Clone();
        CtimeMs = ctimeMs;
        _isVolatile = isVolatile;
        Phase = removed ? Life.Removed : Life.Alive;
        _isForgotten = forgotten;
    }
}
