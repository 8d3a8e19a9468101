using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Core.Objects.SemaphoreSets;

/// <summary>A System V semaphore set: semop(2), semctl(2), sysvipc(7).</summary>
/// <remarks>
/// What a caller sees. semop performs all its operations in their order, or none. If an operation cannot be performed
/// now, the call waits for that operation (and counts in its semncnt or semzcnt), unless the operation says IPC_NOWAIT.
/// When values change, the waiting calls are tried again. A call fails at that moment if it would fail now (ERANGE, or
/// EAGAIN if a later operation says IPC_NOWAIT). SEM_UNDO collects in semadj what is added when the process exits, as
/// far as the values can go.
///
/// Who is served, exactly as in ipc/sem.c:
/// 1. After a change, all calls that wait for zero on a changed semaphore which is zero. Then, if there was such a
///    semaphore, the arrays that only wait for zeros, in the order of their waiting.
/// 2. Then the calls that change values. While no array waits: semaphore by semaphore (in the order of the operations
///    that increased them; after semctl and exits by number), each in the order of waiting. A call that needs less than
///    the value may pass one that needs more. While an array waits: one line for the whole set. The first call in it
///    that can be performed is performed, and the search begins again at the head. Calls that waited when the first
///    array came stand before it, the highest semaphore first. Later calls stand in the order of their coming.
/// 3. After each call that was served, step 1 again for what it changed.
/// So later calls do not pass an array that waits for the same semaphores, unless the array cannot be performed.
///
/// Locks that pass on. The callers of one process may wait for a lock (zero, then plus one, with SEM_UNDO) as a lock
/// that passes on: <see cref="SemOp.Passes"/>. When one of them gets the lock, the set completes all calls of the
/// process that would get it next, up to the first call of another process, and tells each after which call it is. The
/// process passes the lock on in this order, and only the last caller releases it. The set sees one holder from the
/// first to the last, and the undo covers the lock once. Each completion is an event, so each has a fencing token.
/// (Lock cohorting, Dice, Marathe and Shavit, PPoPP 2012, without the overtaking.)
///
/// Cost. A single operation is found by what it needs at its semaphore, in O(log waiters of the semaphore). Arrays are
/// tried one by one, as on Linux.
///
/// Callers that are away. A call is performed whether its caller is connected or not. During the grace of a caller it
/// is served in its turn, and its result waits. After the grace it is passed over in its place until the caller is
/// back. If the process exits without having acknowledged a result that came while it was away, the operations are
/// undone: on Linux a process that is killed while it waits has acquired nothing either, and a lock without SEM_UNDO is
/// not lost with the process. Holding the turn instead, as a queue holds a message, would make others wait for values
/// that they can see.
///
/// Deviations from Linux: docs/objects/semaphore-set.md.
/// </remarks>
public sealed partial class SemaphoreSet(EntityKey key) : ObjectMachine(key)
{
    // ---- state ----

    private readonly OperationLines _lines = new();
    private Semaphores _semaphores = new(0);
    private long _otimeMs;      // sem_otime
    private ulong _nextTicket = 1;
    private ulong _mergeTicket; // of the last array that came while no other array waited
    private int _arrays;        // arrays that wait, in line or passed over

    /// <summary>semval of each semaphore, in order: for the checks of the simulation.</summary>
    internal IEnumerable<int> Values => Enumerable.Range(0, _semaphores.Count).Select(_semaphores.ValueOf);

    // ---- decide ----

    protected override void Decide(Stamp stamp, Call call)
    {
        switch (call.OpCase)
        {
            case Call.OpOneofCase.Semop:
                Operate(stamp, call, call.Semop);
                break;
            case Call.OpOneofCase.Semquery:
                Query(stamp, call, call.Semquery);
                break;
            case Call.OpOneofCase.Semsetval:
                SetValue(stamp, call, call.Semsetval);
                break;
            case Call.OpOneofCase.Semsetall:
                SetAll(stamp, call, call.Semsetall);
                break;
            case Call.OpOneofCase.Semstat:
                Stat(stamp, call, call.Semstat);
                break;
            case Call.OpOneofCase.Semset:
                Set(stamp, call, call.Semset);
                break;
            default:
                FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    // ---- semop(2) ----

    private void Operate(Stamp stamp, Call call, SemOp semop)
    {
        var (pid, seq, ops) = (stamp.Pid, call.Seq, semop.Ops);
        if (WhyNotValid(stamp, call, ops) is { } rejection) Reject(pid, seq, rejection);
        else if (WhyNotOperate(stamp, semop) is { } errno) FailOperation(pid, seq, ops, errno);
        else if (_semaphores.Try(pid, ops) is { Waits: false } verdict)
        {
            if (verdict.Performs) Perform(pid, seq, ops);
            else FailOperation(pid, seq, ops, verdict.Errno);
        }
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) FailOperation(pid, seq, ops, Errno.EAGAIN);
        else ParkOperation(call, pid, semop);
    }

    private static Rejection? WhyNotValid(Stamp stamp, Call call, RepeatedField<SemBuf> ops)
    {
        // E2BIG: "The argument nsops is greater than SEMOPM, the maximum number of operations allowed per system call."
        // do_semtimedop() of ipc/sem.c compares the two as unsigned, so a negative semopm is no limit there.
        var most = stamp.Limits.Semopm < 0 ? Bounds.SemaphoreOperations : stamp.Limits.Semopm;
        if (ops.Count > most) return Rejection.Recorded(Errno.E2BIG);
        // EINVAL: "... or nsops has a nonpositive value."
        if (ops.Count < 1) return Rejection.Unrecorded(Errno.EINVAL);
        if (call.TimeoutMs < 0) return Rejection.Unrecorded(Errno.EINVAL);
        if (!AreShort(ops)) return Rejection.Unrecorded(Errno.EINVAL);
        return null;
    }

    private Errno? WhyNotOperate(Stamp stamp, SemOp semop)
    {
        // EFBIG: "For some operation the value of sem_num is less than 0 or greater than or equal to the number of
        // semaphores in the set."
        if (semop.Ops.Any(op => op.Num >= _semaphores.Count)) return Errno.EFBIG;
        var right = Semaphores.Alters(semop.Ops) ? IpcPermissions.Write : IpcPermissions.Read;
        if (!Allows(stamp, right)) return Errno.EACCES;
        // The caller releases a lock that SETVAL or SETALL has broken since it was taken.
        if (semop.Since != 0 && semop.Ops.Any(op => _semaphores.SetAt((int)op.Num) > semop.Since)) return Errno.EAGAIN;
        return null;
    }

    private void ParkOperation(Call call, int pid, SemOp semop)
    {
        var parked = new OperationParked
        {
            Pid = pid, Seq = call.Seq, DeadlineMs = DeadlineOf(call), Passes = semop.Passes,
        };
        parked.Ops.AddRange(semop.Ops);
        Emit(new Event { OperationParked = parked });
    }

    private void Perform(int pid, ulong seq, RepeatedField<SemBuf> ops)
    {
        var operated = new SemaphoresOperated { Pid = pid, Seq = seq, TimeMs = WallMs };
        operated.Ops.AddRange(ops);
        Emit(new Event { SemaphoresOperated = operated });
        Release(pid, seq);
        if (Semaphores.Alters(ops)) ServeAfter(ops);
    }

    // Linux allocates the undo structure before it looks at the operations, so a failed call counts as a use of
    // SEM_UNDO.
    private void FailOperation(int pid, ulong seq, RepeatedField<SemBuf> ops, Errno errno)
    {
        if (!_semaphores.HasUndo(pid) && ops.Any(op => (op.Flags & IpcFlags.SEM_UNDO) != 0))
            Emit(new Event { UndoBegan = new UndoBegan { Pid = pid } });
        FailRecorded(pid, seq, errno);
    }

    // ---- semctl(2) ----

    private void Query(Stamp stamp, Call call, SemQuery query)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (WhyNotQuery(stamp, query) is { } errno) FailUnrecorded(pid, seq, errno);
        else if (query.Question is SemQuestion.AllValues or SemQuestion.All)
            AnswerUnrecorded(pid, new Result { Seq = seq, SemValues = AllValues(query.Question) });
        else AnswerUnrecorded(pid, new Result { Seq = seq, SemNumber = NumberOf(query) });
    }

    private Errno? WhyNotQuery(Stamp stamp, SemQuery query)
    {
        if (!Allows(stamp, IpcPermissions.Read)) return Errno.EACCES;
        if (query.Question is SemQuestion.AllValues or SemQuestion.All) return null;
        // EINVAL: "Invalid value for op or semid. Or: for a SEM_STAT operation, the index value specified in semid
        // referred to an array slot that is currently unused." Linux answers a wrong semnum so too.
        if (query.Num < 0 || query.Num >= _semaphores.Count) return Errno.EINVAL;
        if (query.Question is < SemQuestion.Value or > SemQuestion.ZeroCount) return Errno.EINVAL;
        return null;
    }

    private int NumberOf(SemQuery query) => query.Question switch
    {
        SemQuestion.Value => _semaphores.ValueOf(query.Num),
        SemQuestion.Pid => _semaphores.PidOf(query.Num),
        SemQuestion.IncreaseCount => Blocked().Count(op => op.Num == query.Num && op.Op < 0),
        SemQuestion.ZeroCount => Blocked().Count(op => op.Num == query.Num && op.Op == 0),
        _ => throw new InvalidOperationException($"the guard lets no {query.Question} pass"),
    };

    private SemValues AllValues(SemQuestion question)
    {
        var all = new SemValues();
        for (var num = 0; num < _semaphores.Count; num++)
        {
            all.Values.Add((uint)_semaphores.ValueOf(num));
            if (question != SemQuestion.All) continue;
            all.Pids.Add(_semaphores.PidOf(num));
            all.IncreaseCounts.Add(0);
            all.ZeroCounts.Add(0);
        }

        if (question != SemQuestion.All) return all;
        foreach (var op in Blocked()) (op.Op < 0 ? all.IncreaseCounts : all.ZeroCounts)[(int)op.Num]++;
        return all;
    }

    private void SetValue(Stamp stamp, Call call, SemSetVal set)
    {
        if (WhyNotSetValue(stamp, set) is { } rejection)
        {
            Reject(stamp.Pid, call.Seq, rejection);
            return;
        }

        SetValues(stamp.Pid, call.Seq, set.Num, [(uint)set.Value]);
        ServeAfter([set.Num]);
    }

    private Rejection? WhyNotSetValue(Stamp stamp, SemSetVal set)
    {
        // ERANGE: "The argument op has the value SETALL or SETVAL and the value to which semval is to be set (for some
        // semaphore of the set) is less than 0 or greater than the implementation limit SEMVMX."
        if (set.Value is < 0 or > Bounds.SemaphoreValue) return Rejection.Unrecorded(Errno.ERANGE);
        if (set.Num < 0 || set.Num >= _semaphores.Count) return Rejection.Unrecorded(Errno.EINVAL);
        if (!Allows(stamp, IpcPermissions.Write)) return Rejection.Recorded(Errno.EACCES);
        return null;
    }

    private void SetAll(Stamp stamp, Call call, SemSetAll set)
    {
        if (WhyNotSetAll(stamp, set) is { } rejection)
        {
            Reject(stamp.Pid, call.Seq, rejection);
            return;
        }

        SetValues(stamp.Pid, call.Seq, 0, set.Values);
        ServeAfter(Enumerable.Range(0, _semaphores.Count));
    }

    private Rejection? WhyNotSetAll(Stamp stamp, SemSetAll set)
    {
        if (!Allows(stamp, IpcPermissions.Write)) return Rejection.Recorded(Errno.EACCES);
        if (set.Values.Count != _semaphores.Count) return Rejection.Unrecorded(Errno.EINVAL);
        if (set.Values.Any(value => value > Bounds.SemaphoreValue)) return Rejection.Unrecorded(Errno.ERANGE);
        return null;
    }

    private void SetValues(int pid, ulong seq, int first, IEnumerable<uint> values)
    {
        var set = new SemaphoresSet { Pid = pid, Seq = seq, First = (uint)first, TimeMs = WallMs };
        set.Values.AddRange(values);
        Emit(new Event { SemaphoresSet = set });
        Release(pid, seq);
    }

    private void Stat(Stamp stamp, Call call, SemStat stat)
    {
        if (WhyNotStat(stamp, stat.Any) is { } rejection) Reject(stamp.Pid, call.Seq, rejection);
        else AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, SetStat = ToStat() });
    }

    private SetStat ToStat() => new()
    {
        Id = Id,
        Permissions = Permissions.Clone(),
        Otime = _otimeMs / 1000,
        Ctime = CtimeMs / 1000,
        Nsems = (uint)_semaphores.Count,
        Waiters = (uint)Waiters.OfSort<Operation>().Count(),
        Volatile = IsVolatile,
    };

    // Waiting calls had the permission when they came, and Linux does not check it again.
    private void Set(Stamp stamp, Call call, SemSet wish)
    {
        var set = wish.Patch is { } patch ? Patched(patch) : wish;
        var change = new SemaphoreSetChanged { Values = set, TimeMs = WallMs, Pid = stamp.Pid, Seq = call.Seq };
        var rejection = WhyNotOwner(stamp) ?? WhyNotOwnerIds(set.Uid, set.Gid);
        Set(stamp, call.Seq, rejection, new Event { SemaphoreSetChanged = change });
    }

    private SemSet Patched(PermissionsPatch patch)
    {
        var (uid, gid, mode) = MembersAfter(patch);
        return new SemSet { Uid = uid, Gid = gid, Mode = mode };
    }

    // ---- creation and removal ----

    protected override Event Create(DirectoryEntry entry) => new()
    {
        SemaphoreSetCreated = new SemaphoreSetCreated
        {
            Id = entry.Id,
            Permissions = entry.Permissions,
            Nsems = (uint)entry.InitialSize,
            TimeMs = entry.TimeMs,
            Volatile = entry.Volatile,
        },
    };

    protected override Event Removed() =>
        new() { SemaphoreSetRemoved = new SemaphoreSetRemoved { TimeMs = WallMs } };

    // ---- the set ----

    /// <summary>For each waiting call, the one operation that it waits for.</summary>
    private IEnumerable<SemBuf> Blocked()
    {
        foreach (var operation in Waiters.OfSort<Operation>())
        {
            var at = !operation.IsArray ? 0
                : !operation.Alters ? operation.Blocking
                : _semaphores.Try(operation.Pid, operation.Ops) is { Waits: true } verdict ? verdict.Blocking : -1;
            if (at >= 0) yield return operation.Ops[at]; // at < 0: the call was passed over, and could be performed now
        }
    }

    private static bool AreShort(RepeatedField<SemBuf> ops) =>
        ops.All(op => op.Op is >= short.MinValue and <= short.MaxValue);
}
