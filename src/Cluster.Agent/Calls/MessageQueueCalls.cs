using System.Buffers.Binary;
using Cluster.Agent.Wire;
using Google.Protobuf;

namespace Cluster.Agent.Calls;

/// <summary>msgget(2), msgop(2), msgctl(2).</summary>
internal static class MessageQueueCalls
{
    private const int MSG_STAT = 11;
    private const int MSG_INFO = 12;
    private const int MSG_STAT_ANY = 13;

    // What the kernel puts into struct msginfo: <linux/msg.h>.
    private const int SegmentBytes = 16;
    private const int Segments = 0xFFFF;
    private const int Pool = 512_000; // MSGMNI * MSGMNB / 1024, whatever the limits are now
    private const int Headers = 16_384; // MSGMNB

    private const int TypeBytes = sizeof(long);
    private const int StatusBytes = 88;
    private const int SetQbytes = 72; // offset in struct ipc_wire_msqid
    private const string Name = "msgctl";

    public static readonly SystemVObjects Queues = new(Kind.MessageQueue, "msgget");

    public static ValueTask<Answer> GetAsync(Caller caller, CallFrame request, CancellationToken cancelled) =>
        Queues.GetAsync(caller, request[0], 0, request[1], cancelled);

    public static async ValueTask<Answer> SendAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        var (id, flags, payload) = ((int)request[0], (int)request[1], request.Payload);
        if (payload.Length < TypeBytes)
            return Answer.Fail(Errno.EFAULT);
        if (id < 0)
            return Answer.Fail(Errno.EINVAL);
        var send = new MsgSnd
        {
            Type = BinaryPrimitives.ReadInt64LittleEndian(payload.Span),
            Text = ByteString.CopyFrom(payload.Span[TypeBytes..]),
            Flags = flags & IpcFlags.IPC_NOWAIT,
        };
        return await Queues.RunAsync(caller, id, new Call { Msgsnd = send }, "msgsnd", cancelled).ConfigureAwait(false);
    }

    /// <summary>Which error msgsnd(2) has before it reads the text: do_msgsnd() looks at the size first.</summary>
    public static async ValueTask<Answer> CheckAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        var (bytes, type) = (request[0], request[1]);
        var limits = await SystemVObjects.LimitsAsync(caller, cancelled).ConfigureAwait(false);
        return bytes < 0 || bytes > limits.Msgmax || type < 1 ? Answer.Fail(Errno.EINVAL) : new Answer(0);
    }

    public static async ValueTask<Answer> ReceiveAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        var (id, size, type, flags) = ((int)request[0], request[1], request[2], (int)request[3]);
        if (id < 0 || size < 0)
            return Answer.Fail(Errno.EINVAL);
        var receive = new MsgRcv { Type = type, Size = size, Flags = flags };
        var target = Queues.Of(id);
        var receipt = await caller.Session
            .ReceiveAsync(target, new Call { Msgrcv = receive }, "msgrcv", cancelled).ConfigureAwait(false);
        if (!receipt.Taken)
            return Answer.Fail(receipt.Result.Errno);
        var message = receipt.Result.Message;
        return new Answer(message.Text.Length)
        {
            Extra = message.Type,
            Payload = message.Text.Memory,
            Delivered = isDelivered => receipt.End(
                isDelivered,
                () => new Call { Msgreturn = new MsgReturn { Seq = receipt.Result.Seq } },
                () => new Call { Msgsnd = new MsgSnd { Type = message.Type, Text = message.Text } }),
        };
    }

    public static ValueTask<Answer> ControlAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        var (id, command) = ((int)request[0], (int)request[1]);
        if (id < 0)
            return ValueTask.FromResult(Answer.Fail(Errno.EINVAL));
        ReadOnlyMemory<byte> Structure(Result result) => Write(result.QueueStat, caller);
        return command switch
        {
            SystemVObjects.IPC_RMID => Queues.RemoveAsync(caller, id, Name, cancelled),
            SystemVObjects.IPC_SET => SetAsync(caller, id, request.Payload, cancelled),
            SystemVObjects.IPC_STAT => Queues.StatAsync(caller, id, Stat(any: false), Name, Structure, cancelled),
            MSG_STAT => Queues.StatByIndexAsync(caller, id, Stat(any: false), Name, Structure, cancelled),
            MSG_STAT_ANY => Queues.StatByIndexAsync(caller, id, Stat(any: true), Name, Structure, cancelled),
            SystemVObjects.IPC_INFO => InfoAsync(caller, cancelled),
            MSG_INFO => UsageAsync(caller, cancelled),
            _ => ValueTask.FromResult(Answer.Fail(Errno.EINVAL)),
        };
    }

    private static ValueTask<Answer> SetAsync(
        Caller caller, int id, ReadOnlyMemory<byte> payload, CancellationToken cancelled)
    {
        if (payload.Length != StatusBytes)
            return ValueTask.FromResult(Answer.Fail(Errno.EINVAL));
        var owner = WireOwner.Read(payload.Span);
        var set = new MsgSet
        {
            Uid = owner.Uid,
            Gid = owner.Gid,
            Mode = owner.Mode,
            Qbytes = BinaryPrimitives.ReadUInt64LittleEndian(payload.Span[SetQbytes..]),
        };
        return Queues.RunAsync(caller, id, new Call { Msgset = set }, Name, cancelled);
    }

    /// <summary>IPC_STAT, and with any MSG_STAT_ANY.</summary>
    public static Call Stat(bool any) => new() { Msgstat = new MsgStat { Any = any } };

    // struct ipc_wire_msqid.
    private static ReadOnlyMemory<byte> Write(QueueStat stat, Caller caller) => new WireWriter(StatusBytes)
        .Permissions(stat.Permissions, stat.Id)
        .Long(stat.Stime).Long(stat.Rtime).Long(stat.Ctime)
        .Long((long)stat.Cbytes).Long((long)stat.Qnum).Long((long)stat.Qbytes)
        .Int(caller.Pids.ToLinux(stat.Lspid)).Int(caller.Pids.ToLinux(stat.Lrpid))
        .Written;

    private static async ValueTask<Answer> InfoAsync(Caller caller, CancellationToken cancelled)
    {
        var limits = await SystemVObjects.LimitsAsync(caller, cancelled).ConfigureAwait(false);
        var count = await Queues.CountAsync(caller, cancelled).ConfigureAwait(false);
        return Info(count, limits, Pool, Headers, Headers);
    }

    private static async ValueTask<Answer> UsageAsync(Caller caller, CancellationToken cancelled)
    {
        var limits = await SystemVObjects.LimitsAsync(caller, cancelled).ConfigureAwait(false);
        var count = await Queues.CountAsync(caller, cancelled).ConfigureAwait(false);
        var all = await Queues.StatAllAsync(caller, () => Stat(any: true), cancelled).ConfigureAwait(false);
        var messages = all.Sum(result => (long)result.QueueStat.Qnum);
        var bytes = all.Sum(result => (long)result.QueueStat.Cbytes);
        return Info(count, limits, count.Objects, messages, bytes);
    }

    // struct msginfo. Of MSG_INFO three members have another meaning: queues, messages, bytes.
    private static Answer Info(DirectoryStatus count, Limits limits, long pool, long map, long headers) =>
        new(Math.Max(count.HighestIndex, 0))
        {
            Payload = new WireWriter(32)
                .Int(pool).Int(map).Int(limits.Msgmax).Int(limits.Msgmnb).Int(limits.Msgmni)
                .Int(SegmentBytes).Int(headers).Short(Segments).Short(0)
                .Written,
        };
}
