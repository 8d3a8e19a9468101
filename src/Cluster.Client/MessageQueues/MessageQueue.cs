using System.Runtime.CompilerServices;
using Cluster.Client.Connection;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client;

/// <summary>
/// Texts are copied on the way in: a frame may be sent again long after the caller's buffer is in other use, and a
/// transport inside the cluster hands the very bytes to the object.
/// </summary>
internal sealed class MessageQueue(IpcConnection connection, int id) : IMessageQueue
{
    internal static readonly Target Directory = new() { Kind = Kind.Directory, Id = (int)Kind.MessageQueue };

    private readonly Target _target = new() { Kind = Kind.MessageQueue, Id = id };

    public int Id => id;

    public ValueTask SendAsync(
        long type,
        ReadOnlyMemory<byte> text,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        var call = connection.Begin(_target, Send(type, text, 0), "msgsnd", timeout, cancellationToken);
        return new ValueTask(call, call.Version);
    }

    public ValueTask<bool> TrySendAsync(
        long type, ReadOnlyMemory<byte> text, CancellationToken cancellationToken = default)
    {
        var body = Send(type, text, IpcFlags.IPC_NOWAIT);
        var call = connection.Begin(_target, body, "msgsnd", null, cancellationToken, Errno.EAGAIN);
        return new ValueTask<bool>(call, call.Version);
    }

    public ValueTask<IpcMessage> ReceiveAsync(
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        int flags = 0,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        var call = connection.Begin(_target, Receive(type, maxBytes, flags), "msgrcv", timeout, cancellationToken);
        return new ValueTask<IpcMessage>(call, call.Version);
    }

    public ValueTask<IpcMessage?> TryReceiveAsync(
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        int flags = 0,
        CancellationToken cancellationToken = default)
    {
        var body = Receive(type, maxBytes, flags | IpcFlags.IPC_NOWAIT);
        var call = connection.Begin(_target, body, "msgrcv", null, cancellationToken, Errno.ENOMSG);
        return new ValueTask<IpcMessage?>(call, call.Version);
    }

    public async Task ReceiveIntoAsync(
        Func<IpcMessage, ValueTask> take,
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        int flags = 0,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(take);
        var call = connection.Begin(
            _target, Receive(type, maxBytes, flags), "msgrcv", timeout, cancellationToken, holdsAck: true);
        var result = await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
        try
        {
            await take(PendingCall.ToMessage(result)).ConfigureAwait(false);
        }
        catch
        {
            // Not acknowledged, and the process ends: that is what puts a message back.
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        connection.Confirm(_target, result.Seq);
    }

    public ValueTask<IpcMessage> CopyAsync(long index, CancellationToken cancellationToken = default) =>
        ReceiveAsync(
            index,
            flags: IpcFlags.MSG_COPY | IpcFlags.IPC_NOWAIT,
            cancellationToken: cancellationToken);

    public async IAsyncEnumerable<IpcMessage> ReceiveAllAsync(
        long type = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
            yield return await ReceiveAsync(type, cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    public async Task<QueueStat> StatAsync(bool any = false, CancellationToken cancellationToken = default)
    {
        var call = new Call { Msgstat = new MsgStat { Any = any } };
        var name = any ? "msgctl(MSG_STAT_ANY)" : "msgctl(IPC_STAT)";
        var result = await connection.CallAsync(_target, call, name, cancellationToken).ConfigureAwait(false);
        return result.QueueStat;
    }

    public async Task SetAsync(
        uint uid, uint gid, int mode, ulong qbytes, CancellationToken cancellationToken = default)
    {
        var set = new MsgSet { Uid = uid, Gid = gid, Mode = (uint)(mode & IpcFlags.ModeBits), Qbytes = qbytes };
        var call = new Call { Msgset = set };
        await connection.CallAsync(_target, call, "msgctl(IPC_SET)", cancellationToken).ConfigureAwait(false);
    }

    public async Task RemoveAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { Remove = new Remove { Id = id } };
        await connection.CallAsync(Directory, call, "msgctl(IPC_RMID)", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks the object whether the process may have what the mode bits of flags ask for.</summary>
    internal async Task AccessAsync(int flags, CancellationToken cancellationToken)
    {
        var call = new Call { Access = new Access { Flags = flags } };
        await connection.CallAsync(_target, call, "msgget", cancellationToken).ConfigureAwait(false);
    }

    private static Call Send(long type, ReadOnlyMemory<byte> text, int flags) =>
        new() { Msgsnd = new MsgSnd { Type = type, Text = ByteString.CopyFrom(text.Span), Flags = flags } };

    private static Call Receive(long type, int maxBytes, int flags) =>
        new() { Msgrcv = new MsgRcv { Type = type, Size = maxBytes, Flags = flags } };
}
