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
        var result = await caller.Session.CallAsync(Queues.Of(id), new Call { Msgsnd = send }, "msgsnd", cancelled)
            .ConfigureAwait(false);
        return Answer.Fail(result.Errno);
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
        return command switch
        {
            SystemVObjects.IPC_RMID => Queues.RemoveAsync(caller, id, "msgctl(IPC_RMID)", cancelled),
            SystemVObjects.IPC_SET => SetAsync(caller, id, request.Payload, cancelled),
            SystemVObjects.IPC_STAT => StatAsync(caller, id, any: false, returns: 0, cancelled),
            MSG_STAT => StatByIndexAsync(caller, id, any: false, cancelled),
            MSG_STAT_ANY => StatByIndexAsync(caller, id, any: true, cancelled),
            SystemVObjects.IPC_INFO => InfoAsync(caller, cancelled),
            MSG_INFO => UsageAsync(caller, cancelled),
            _ => ValueTask.FromResult(Answer.Fail(Errno.EINVAL)),
        };
    }

    private static async ValueTask<Answer> SetAsync(
        Caller caller, int id, ReadOnlyMemory<byte> payload, CancellationToken cancelled)
    {
        var bytes = payload.Span;
        if (bytes.Length != StatusBytes)
            return Answer.Fail(Errno.EINVAL);
        var set = new MsgSet
        {
            Uid = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            Gid = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
            Mode = BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]) & IpcFlags.ModeBits,
            Qbytes = BinaryPrimitives.ReadUInt64LittleEndian(bytes[SetQbytes..]),
        };
        var result = await caller.Session
            .CallAsync(Queues.Of(id), new Call { Msgset = set }, "msgctl(IPC_SET)", cancelled).ConfigureAwait(false);
        return Answer.Fail(result.Errno);
    }

    private static async ValueTask<Answer> StatByIndexAsync(
        Caller caller, int index, bool any, CancellationToken cancelled)
    {
        var id = await Queues.ResolveAsync(caller, index, "msgctl(MSG_STAT)", cancelled).ConfigureAwait(false);
        return id < 0 ? new Answer(id) : await StatAsync(caller, (int)id, any, id, cancelled).ConfigureAwait(false);
    }

    private static async ValueTask<Answer> StatAsync(
        Caller caller, int id, bool any, long returns, CancellationToken cancelled)
    {
        var call = new Call { Msgstat = new MsgStat { Any = any } };
        var result = await caller.Session.CallAsync(Queues.Of(id), call, "msgctl(IPC_STAT)", cancelled)
            .ConfigureAwait(false);
        return result.Errno != 0
            ? Answer.Fail(result.Errno)
            : new Answer(returns) { Payload = Write(result.QueueStat, caller) };
    }

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
        var all = await Queues
            .StatAllAsync(caller, () => new Call { Msgstat = new MsgStat { Any = true } }, cancelled)
            .ConfigureAwait(false);
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
