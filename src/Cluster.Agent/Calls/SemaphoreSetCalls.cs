using System.Buffers.Binary;
using Cluster.Agent.Wire;

namespace Cluster.Agent.Calls;

/// <summary>semget(2), semop(2), semtimedop(2), semctl(2).</summary>
internal static class SemaphoreSetCalls
{
    private const int GETPID = 11;
    private const int GETVAL = 12;
    private const int GETALL = 13;
    private const int GETNCNT = 14;
    private const int GETZCNT = 15;
    private const int SETVAL = 16;
    private const int SETALL = 17;
    private const int SEM_STAT = 18;
    private const int SEM_INFO = 19;
    private const int SEM_STAT_ANY = 20;

    // What the kernel puts into struct seminfo: <linux/sem.h>.
    private const int UndoBytes = 20; // SEMUSZ

    private const int OperationBytes = 6; // struct sembuf
    private const int StatusBytes = 56; // struct ipc_wire_semid
    private const string Name = "semctl";

    public static readonly SystemVObjects Sets = new(Kind.SemaphoreSet, "semget");

    public static ValueTask<Answer> GetAsync(Caller caller, CallFrame request, CancellationToken cancelled) =>
        Sets.GetAsync(caller, request[0], (int)request[1], request[2], cancelled);

    public static async ValueTask<Answer> OperateAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        var id = (int)request[0];
        if (id < 0 || request.Payload.Length % OperationBytes != 0)
            return Answer.Fail(Errno.EINVAL);
        var call = new Call { Semop = ReadOperations(request.Payload.Span) };
        var answer = await Sets.RunAsync(caller, id, call, "semop", cancelled, request.Timeout(1)).ConfigureAwait(false);
        // semtimedop(2) has one errno for all time-outs, also if no node could be reached in time.
        return answer.Value == -(long)Errno.ETIMEDOUT ? Answer.Fail(Errno.EAGAIN) : answer;
    }

    public static ValueTask<Answer> ControlAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        var (id, number, command) = ((int)request[0], (int)request[1], (int)request[2]);
        if (id < 0)
            return ValueTask.FromResult(Answer.Fail(Errno.EINVAL));
        return command switch
        {
            SystemVObjects.IPC_RMID => Sets.RemoveAsync(caller, id, Name, cancelled),
            SystemVObjects.IPC_SET => SetAsync(caller, id, request.Payload, cancelled),
            SystemVObjects.IPC_STAT => Sets.StatAsync(caller, id, Stat(any: false), Name, Write, cancelled),
            SEM_STAT => Sets.StatByIndexAsync(caller, id, Stat(any: false), Name, Write, cancelled),
            SEM_STAT_ANY => Sets.StatByIndexAsync(caller, id, Stat(any: true), Name, Write, cancelled),
            SystemVObjects.IPC_INFO or SEM_INFO => InfoAsync(caller, command == SEM_INFO, cancelled),
            GETVAL => AskAsync(caller, id, SemQuestion.Value, number, cancelled),
            GETPID => AskAsync(caller, id, SemQuestion.Pid, number, cancelled),
            GETNCNT => AskAsync(caller, id, SemQuestion.IncreaseCount, number, cancelled),
            GETZCNT => AskAsync(caller, id, SemQuestion.ZeroCount, number, cancelled),
            GETALL => GetAllAsync(caller, id, cancelled),
            SETVAL => SetValueAsync(caller, id, number, (int)request[3], cancelled),
            SETALL => SetAllAsync(caller, id, request.Payload, cancelled),
            _ => ValueTask.FromResult(Answer.Fail(Errno.EINVAL)),
        };
    }

    private static SemOp ReadOperations(ReadOnlySpan<byte> payload)
    {
        var semop = new SemOp();
        for (; payload.Length > 0; payload = payload[OperationBytes..])
        {
            semop.Ops.Add(new SemBuf
            {
                Num = BinaryPrimitives.ReadUInt16LittleEndian(payload),
                Op = BinaryPrimitives.ReadInt16LittleEndian(payload[2..]),
                Flags = BinaryPrimitives.ReadInt16LittleEndian(payload[4..])
                    & (IpcFlags.IPC_NOWAIT | IpcFlags.SEM_UNDO),
            });
        }

        return semop;
    }

    private static ValueTask<Answer> SetAsync(
        Caller caller, int id, ReadOnlyMemory<byte> payload, CancellationToken cancelled)
    {
        if (payload.Length != StatusBytes)
            return ValueTask.FromResult(Answer.Fail(Errno.EINVAL));
        var owner = WireOwner.Read(payload.Span);
        var set = new SemSet { Uid = owner.Uid, Gid = owner.Gid, Mode = owner.Mode };
        return Sets.RunAsync(caller, id, new Call { Semset = set }, Name, cancelled);
    }

    /// <summary>IPC_STAT, and with any SEM_STAT_ANY.</summary>
    public static Call Stat(bool any) => new() { Semstat = new SemStat { Any = any } };

    // struct ipc_wire_semid.
    private static ReadOnlyMemory<byte> Write(Result result) => new WireWriter(StatusBytes)
        .Permissions(result.SetStat.Permissions, result.SetStat.Id)
        .Long(result.SetStat.Otime).Long(result.SetStat.Ctime).Long(result.SetStat.Nsems)
        .Written;

    /// <summary>How many semaphores a set has: SETALL reads as many values from the program.</summary>
    public static async ValueTask<Answer> CountAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        var id = (int)request[0];
        if (id < 0)
            return Answer.Fail(Errno.EINVAL);
        var result = await Sets.CallAsync(caller, id, Stat(any: true), Name, cancelled).ConfigureAwait(false);
        return result.Errno != 0 ? Answer.Fail(result.Errno) : new Answer(result.SetStat.Nsems);
    }

    private static async ValueTask<Answer> AskAsync(
        Caller caller, int id, SemQuestion question, int number, CancellationToken cancelled)
    {
        var query = new SemQuery { Question = question, Num = number };
        var result = await Sets.CallAsync(caller, id, new Call { Semquery = query }, Name, cancelled)
            .ConfigureAwait(false);
        if (result.Errno != 0)
            return Answer.Fail(result.Errno);
        return new Answer(question == SemQuestion.Pid ? caller.Pids.ToLinux(result.SemNumber) : result.SemNumber);
    }

    private static async ValueTask<Answer> GetAllAsync(Caller caller, int id, CancellationToken cancelled)
    {
        var query = new SemQuery { Question = SemQuestion.AllValues };
        var result = await Sets.CallAsync(caller, id, new Call { Semquery = query }, Name, cancelled)
            .ConfigureAwait(false);
        if (result.Errno != 0)
            return Answer.Fail(result.Errno);
        var writer = new WireWriter(result.SemValues.Values.Count * sizeof(ushort));
        foreach (var value in result.SemValues.Values)
            writer.Short(value);
        return new Answer(0) { Payload = writer.Written };
    }

    private static ValueTask<Answer> SetValueAsync(
        Caller caller, int id, int number, int value, CancellationToken cancelled)
    {
        var set = new SemSetVal { Num = number, Value = value };
        return Sets.RunAsync(caller, id, new Call { Semsetval = set }, Name, cancelled);
    }

    private static ValueTask<Answer> SetAllAsync(
        Caller caller, int id, ReadOnlyMemory<byte> payload, CancellationToken cancelled)
    {
        var set = new SemSetAll();
        for (var rest = payload; rest.Length >= sizeof(ushort); rest = rest[sizeof(ushort)..])
            set.Values.Add(BinaryPrimitives.ReadUInt16LittleEndian(rest.Span));
        return Sets.RunAsync(caller, id, new Call { Semsetall = set }, Name, cancelled);
    }

    // struct seminfo. Of SEM_INFO two members have another meaning: sets and semaphores in use.
    private static async ValueTask<Answer> InfoAsync(Caller caller, bool isUsage, CancellationToken cancelled)
    {
        var limits = await SystemVObjects.LimitsAsync(caller, cancelled).ConfigureAwait(false);
        var count = await Sets.CountAsync(caller, cancelled).ConfigureAwait(false);
        return new Answer(Math.Max(count.HighestIndex, 0))
        {
            Payload = new WireWriter(40)
                .Int(limits.Semmns).Int(limits.Semmni).Int(limits.Semmns).Int(limits.Semmns).Int(limits.Semmsl)
                .Int(limits.Semopm).Int(limits.Semopm).Int(isUsage ? count.Objects : UndoBytes)
                .Int(Bounds.SemaphoreValue).Int(isUsage ? count.Units : Bounds.SemaphoreValue)
                .Written,
        };
    }
}
