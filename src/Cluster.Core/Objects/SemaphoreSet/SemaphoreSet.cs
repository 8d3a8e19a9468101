using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Core.Objects.SemaphoreSet;

/// <summary>
/// A System V semaphore set: semop(2), semctl(2), sysvipc(7).
/// </summary>
/// <remarks>
/// What a caller sees. semop performs all its operations, in their order, or none. If one cannot be performed now, the
/// call waits for that one (and counts in its semncnt or semzcnt), unless the operation says IPC_NOWAIT. Whenever
/// values change, calls that wait are tried again; one that would now fail (ERANGE; EAGAIN, when a later operation of
/// it says IPC_NOWAIT) fails then. SEM_UNDO collects in semadj what is added when the process ends, as far as values
/// can go.
///
/// Who is served, exactly as by ipc/sem.c:
/// 1. After a change, first all that wait for zero on a changed semaphore which is zero; then, if there was one, the
///    arrays that only wait for zeros, in the order of their waiting.
/// 2. Then those that change values. While no array waits: semaphore by semaphore (in the order of the operations that
///    increased them; after semctl and exits, by number), each in the order of waiting; one that needs less than is
///    there may pass one that needs more. While an array waits: one line for the set. The first in it that can be
///    performed is, and then the search begins at its head again. Those that waited when the first array came stand
///    before it, the highest semaphore first; everybody else stands in the order of coming.
/// 3. After each one served, 1 again for what it changed.
/// So an array is not passed by those that came later and could wait for what it needs, unless it cannot be performed.
///
/// Locks that pass on. The callers of one process may wait for a lock (zero, then plus one, with SEM_UNDO) as one that
/// passes on: <see cref="SemOp.Passes"/>. Whenever one of them gets it, all are completed that would get it next one
/// after the other, up to the first who is somebody else; each is told after whom. The process passes the lock on among
/// them, in this order, and only the last gives it back. For the set it is held by the process from the first to the
/// last, and its undo covers that once. Each completion is an event, so each has a fencing token of its own. (Lock
/// cohorting, Dice, Marathe and Shavit, PPoPP 2012, without the overtaking.)
///
/// At what cost. A single operation is found by what it needs at its semaphore: O(log waiters there), whatever waits
/// elsewhere. Arrays are tried one by one, as on Linux.
///
/// Callers that are away. A call needs nobody present to be performed: while the grace of a caller lasts it is served
/// in its turn, and its result waits for it. After that it is passed over, in its place, until it is back. If the
/// process dies without having acknowledged a result that it was away for, the operations are taken back: on Linux a
/// process that is killed while it waits has not acquired anything either, and a lock without SEM_UNDO is not lost with
/// it. To hold the turn instead, as a queue holds a message, would make others wait for values that they can see.
///
/// Deviations from Linux: docs/objects/semaphore-set.md.
/// </remarks>
public sealed partial class SemaphoreSet(EntityKey key) : ObjectMachine(key)
{
    // ---- state ----

    private readonly OperationLines _lines = new();
    private Semaphores _semaphores = new(0);
    private Permissions _permissions = new();
    private int _id;
    private long _otimeMs;
    private long _ctimeMs;
    private ulong _nextTicket = 1;
    private ulong _mergeTicket; // of the last array that found no other waiting
    private int _arrays;        // how many arrays wait, passed over or not
    private bool _volatile;

    /// <inheritdoc/>
    public override bool IsVolatile => _volatile;

    /// <inheritdoc/>
    protected override Permissions Permissions => _permissions;

    /// <summary>For the simulation's checks: semval, in order.</summary>
    internal IEnumerable<int> Values => Enumerable.Range(0, _semaphores.Count).Select(_semaphores.ValueOf);

    // ---- decide ----

    /// <inheritdoc/>
    protected override void Call(Stamp stamp, Call call)
    {
        switch (call.OpCase)
        {
            case Protocol.Call.OpOneofCase.Semop:
                Operate(stamp, call, call.Semop);
                break;
            case Protocol.Call.OpOneofCase.Semquery:
                Query(stamp, call, call.Semquery);
                break;
            case Protocol.Call.OpOneofCase.Semsetval:
                SetValue(stamp, call, call.Semsetval);
                break;
            case Protocol.Call.OpOneofCase.Semsetall:
                SetAll(stamp, call, call.Semsetall);
                break;
            case Protocol.Call.OpOneofCase.Semstat:
                Stat(stamp, call, call.Semstat);
                break;
            case Protocol.Call.OpOneofCase.Semset:
                Set(stamp, call, call.Semset);
                break;
            case Protocol.Call.OpOneofCase.Access:
                var allowed = IpcPermissions.Allow(_permissions, stamp.Credentials, call.Access.Flags);
                Refuse(stamp.Pid, call.Seq, allowed ? Errno.None : Errno.EACCES);
                break;
            default:
                Refuse(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    private void Operate(Stamp stamp, Call call, SemOp semop)
    {
        var (pid, seq, ops) = (stamp.Pid, call.Seq, semop.Ops);
        if (ops.Count > stamp.Limits.Semopm)
        {
            Fail(pid, seq, Errno.E2BIG);
            return;
        }

        if (ops.Count < 1 || call.TimeoutMs < 0 || !AreShort(ops))
        {
            Refuse(pid, seq, Errno.EINVAL);
            return;
        }

        var alters = Semaphores.Alters(ops);
        var right = alters ? IpcPermissions.Write : IpcPermissions.Read;
        if (IsBeyond(ops)) FailOperation(pid, seq, ops, Errno.EFBIG);
        else if (!IpcPermissions.Allow(_permissions, stamp.Credentials, right))
            FailOperation(pid, seq, ops, Errno.EACCES);
        else if (semop.Since != 0 && ops.Any(op => _semaphores.SetAt((int)op.Num) > semop.Since))
            FailOperation(pid, seq, ops, Errno.EAGAIN); // the lock that it gives back was broken
        else if (_semaphores.Try(pid, ops) is { Waits: false } verdict)
        {
            if (verdict.Performs) Perform(pid, seq, ops, alters);
            else FailOperation(pid, seq, ops, verdict.Errno);
        }
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) FailOperation(pid, seq, ops, Errno.EAGAIN);
        else
        {
            var parked = new OperationParked
            {
                Pid = pid, Seq = seq, DeadlineMs = DeadlineOf(call), Passes = semop.Passes,
            };
            parked.Ops.AddRange(ops);
            Emit(new Event { OperationParked = parked });
        }
    }

    private void Perform(int pid, ulong seq, RepeatedField<SemBuf> ops, bool alters)
    {
        var operated = new SemaphoresOperated { Pid = pid, Seq = seq, TimeMs = NowMs };
        operated.Ops.AddRange(ops);
        Emit(new Event { SemaphoresOperated = operated });
        Release(pid, seq);
        if (alters) ServeAfter(ops);
    }

    private void FailOperation(int pid, ulong seq, RepeatedField<SemBuf> ops, Errno errno)
    {
        if (!_semaphores.HasUndo(pid) && ops.Any(op => (op.Flags & IpcFlags.SEM_UNDO) != 0))
            Emit(new Event { UndoBegan = new UndoBegan { Pid = pid } });
        Fail(pid, seq, errno);
    }

    private void Query(Stamp stamp, Call call, SemQuery query)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (!IpcPermissions.Allow(_permissions, stamp.Credentials, IpcPermissions.Read))
        {
            Refuse(pid, seq, Errno.EACCES);
            return;
        }

        if (query.Question is SemQuestion.AllValues or SemQuestion.All)
        {
            Respond(pid, new Result { Seq = seq, SemValues = AllValues(query.Question) });
            return;
        }

        if (query.Num < 0 || query.Num >= _semaphores.Count)
        {
            Refuse(pid, seq, Errno.EINVAL);
            return;
        }

        int? number = query.Question switch
        {
            SemQuestion.Value => _semaphores.ValueOf(query.Num),
            SemQuestion.Pid => _semaphores.PidOf(query.Num),
            SemQuestion.IncreaseCount => Blocked().Count(op => op.Num == query.Num && op.Op < 0),
            SemQuestion.ZeroCount => Blocked().Count(op => op.Num == query.Num && op.Op == 0),
            _ => null,
        };
        if (number is { } answer) Respond(pid, new Result { Seq = seq, SemNumber = answer });
        else Refuse(pid, seq, Errno.EINVAL);
    }

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
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (set.Value is < 0 or > Bounds.SemaphoreValue) Refuse(pid, seq, Errno.ERANGE);
        else if (set.Num < 0 || set.Num >= _semaphores.Count) Refuse(pid, seq, Errno.EINVAL);
        else if (!IpcPermissions.Allow(_permissions, stamp.Credentials, IpcPermissions.Write))
            Fail(pid, seq, Errno.EACCES);
        else
        {
            SetValues(pid, seq, set.Num, [(uint)set.Value]);
            ServeAfter([set.Num]);
        }
    }

    private void SetAll(Stamp stamp, Call call, SemSetAll set)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (!IpcPermissions.Allow(_permissions, stamp.Credentials, IpcPermissions.Write))
            Fail(pid, seq, Errno.EACCES);
        else if (set.Values.Count != _semaphores.Count) Refuse(pid, seq, Errno.EINVAL);
        else if (set.Values.Any(value => value > Bounds.SemaphoreValue)) Refuse(pid, seq, Errno.ERANGE);
        else
        {
            SetValues(pid, seq, 0, set.Values);
            ServeAfter(Enumerable.Range(0, _semaphores.Count));
        }
    }

    private void SetValues(int pid, ulong seq, int first, IEnumerable<uint> values)
    {
        var set = new SemaphoresSet { Pid = pid, Seq = seq, First = (uint)first, TimeMs = NowMs };
        set.Values.AddRange(values);
        Emit(new Event { SemaphoresSet = set });
        Release(pid, seq);
    }

    private void Stat(Stamp stamp, Call call, SemStat stat)
    {
        if (!stat.Any && !IpcPermissions.Allow(_permissions, stamp.Credentials, IpcPermissions.Read))
        {
            Refuse(stamp.Pid, call.Seq, Errno.EACCES);
            return;
        }

        var set = new SetStat
        {
            Id = _id,
            Permissions = _permissions.Clone(),
            Otime = _otimeMs / 1000,
            Ctime = _ctimeMs / 1000,
            Nsems = (uint)_semaphores.Count,
            Waiters = (uint)Waiters.Count,
            Volatile = _volatile,
        };
        Respond(stamp.Pid, new Result { Seq = call.Seq, SetStat = set });
    }

    private void Set(Stamp stamp, Call call, SemSet set)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (!IpcPermissions.Owns(_permissions, stamp.Credentials)) Fail(pid, seq, Errno.EPERM);
        else if (set.Uid == uint.MaxValue || set.Gid == uint.MaxValue) Fail(pid, seq, Errno.EINVAL);
        else
        {
            var changed = new SemaphoreSetChanged { Values = set, TimeMs = NowMs, Pid = pid, Seq = seq };
            Emit(new Event { SemaphoreSetChanged = changed });
            Release(pid, seq); // whoever waits had the permission when it came: Linux does not ask again
        }
    }

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    protected override void Destroy()
    {
        foreach (var waiter in InLine()) Fail(waiter.Pid, waiter.Seq, Errno.EIDRM);
        Emit(new Event { SemaphoreSetRemoved = new SemaphoreSetRemoved { TimeMs = NowMs } });
    }

    // ---- the set ----

    /// <summary>Of each call that waits, the one operation that it waits for.</summary>
    private IEnumerable<SemBuf> Blocked()
    {
        foreach (var waiter in Waiters.All)
        {
            var operation = (Operation)waiter;
            var at = !operation.IsArray ? 0
                : !operation.Alters ? operation.Blocking
                : _semaphores.Try(operation.Pid, operation.Ops) is { Waits: true } verdict ? verdict.Blocking : -1;
            if (at >= 0) yield return operation.Ops[at]; // else passed over, and would not have to wait any more
        }
    }

    private bool IsBeyond(RepeatedField<SemBuf> ops) => ops.Any(op => op.Num >= _semaphores.Count);

    private static bool AreShort(RepeatedField<SemBuf> ops) =>
        ops.All(op => op.Op is >= short.MinValue and <= short.MaxValue);

    private Waiter[] InLine() => [.. Waiters.All.OrderBy(waiter => waiter.Ticket)];
}
