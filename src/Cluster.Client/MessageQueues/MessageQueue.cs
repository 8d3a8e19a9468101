using System.Runtime.CompilerServices;
using Cluster.Client.Connection;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client;

/// <summary>
/// One queue. Texts are copied on the way in: a frame may be sent again long after the caller has put other bytes into
/// its buffer, and a transport inside the cluster hands the very bytes to the object.
/// </summary>
internal sealed class MessageQueue(IpcConnection connection, int id)
    : ObjectHandle<MessageQueueStat, QueueChange>(connection, Words, id), IMessageQueue
{
    public static readonly ObjectWords Words = new(Kind.MessageQueue, "msg");

    public ValueTask SendAsync(
        long type,
        ReadOnlyMemory<byte> text,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        var call = Begin(type, text, MsgFlags.None, timeout, Errno.None, cancellationToken);
        return new ValueTask(call, call.Version);
    }

    public ValueTask<bool> TrySendAsync(
        long type, ReadOnlyMemory<byte> text, CancellationToken cancellationToken = default)
    {
        var call = Begin(type, text, MsgFlags.NoWait, null, Errno.EAGAIN, cancellationToken);
        return new ValueTask<bool>(call, call.Version);
    }

    public ValueTask<bool> TrySendAsync(
        long type, ReadOnlyMemory<byte> text, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var call = Begin(type, text, MsgFlags.None, timeout, Errno.ETIMEDOUT, cancellationToken);
        return new ValueTask<bool>(call, call.Version);
    }

    public Task<IReadOnlyList<SendOutcome>> SendManyAsync(
        IEnumerable<OutgoingMessage> messages,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (Connection.IsDisposed)
            return Task.FromException<IReadOnlyList<SendOutcome>>(
                new ObjectDisposedException("IpcClient", "msgsnd: the client is closed; nothing was sent"));
        var calls = new List<CallRequest>();
        foreach (var (type, text) in messages)
        {
            if (calls.Count == Bounds.CallsPerProcess)
                throw new ArgumentException($"more than {Bounds.CallsPerProcess} messages", nameof(messages));
            calls.Add(Request(type, text, MsgFlags.None, timeout, CallRequest.AnyErrno, cancellationToken));
        }

        return OutcomesAsync(Connection.BeginAll(calls));
    }

    public ValueTask<IpcMessage> ReceiveAsync(
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        MsgFlags flags = MsgFlags.None,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        var call = Connection.Begin(Request(type, maxBytes, flags, timeout, Errno.None, cancellationToken));
        return new ValueTask<IpcMessage>(call, call.Version);
    }

    public ValueTask<IpcMessage?> TryReceiveAsync(
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        MsgFlags flags = MsgFlags.None,
        CancellationToken cancellationToken = default)
    {
        var request = Request(type, maxBytes, flags | MsgFlags.NoWait, null, Errno.ENOMSG, cancellationToken);
        var call = Connection.Begin(request);
        return new ValueTask<IpcMessage?>(call, call.Version);
    }

    public ValueTask<IpcMessage?> TryReceiveAsync(
        TimeSpan timeout,
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        MsgFlags flags = MsgFlags.None,
        CancellationToken cancellationToken = default)
    {
        var call = Connection.Begin(Request(type, maxBytes, flags, timeout, Errno.ETIMEDOUT, cancellationToken));
        return new ValueTask<IpcMessage?>(call, call.Version);
    }

    public async ValueTask<Delivery<IpcMessage>> ReceiveDeliveryAsync(
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        MsgFlags flags = MsgFlags.None,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        // A copy leaves its message in the queue: there is nothing to acknowledge or to return.
        if ((flags & MsgFlags.Copy) != 0)
            throw new ArgumentException("a delivery takes a message, and a copy does not", nameof(flags));
        var request = Request(type, maxBytes, flags, timeout, Errno.None, cancellationToken) with { DefersAck = true };
        var call = Connection.Begin(request);
        var grant = await new ValueTask<Grant>(call, call.Version).ConfigureAwait(false);
        var back = new Call { Msgreturn = new MsgReturn { Seq = grant.Result!.Seq } };
        return new QueueDelivery<IpcMessage>(
            PendingCall.ToMessage(grant.Result), Connection, Target, grant, "msgrcv", back);
    }

    public ValueTask<IpcMessage> CopyAsync(long index, CancellationToken cancellationToken = default) =>
        ReceiveAsync(index, flags: MsgFlags.Copy | MsgFlags.NoWait, cancellationToken: cancellationToken);

    public async IAsyncEnumerable<IpcMessage> ReceiveAllAsync(
        long type = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
            yield return await ReceiveAsync(type, cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    protected override Call StatCall(bool any) => new() { Msgstat = new MsgStat { Any = any } };

    protected override MessageQueueStat ToStat(Result result) => MessageQueueStat.From(result.QueueStat);

    protected override Call SetCall(QueueChange change)
    {
        var (uid, gid, mode, patch) = Members(change);
        var set = new MsgSet { Uid = uid, Gid = gid, Mode = mode, Patch = patch };
        if (patch is null)
            set.Qbytes = change.Qbytes!.Value;
        else if (change.Qbytes is { } qbytes)
            set.PatchedQbytes = qbytes;
        return new Call { Msgset = set };
    }

    private static async Task<IReadOnlyList<SendOutcome>> OutcomesAsync(PendingCall[] calls)
    {
        var outcomes = new SendOutcome[calls.Length];
        for (var i = 0; i < calls.Length; i++)
        {
            try
            {
                var call = calls[i];
                var result = await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
                outcomes[i] = new SendOutcome((Errno)result.Errno);
            }
            catch (IpcException exception)
            {
                outcomes[i] = new SendOutcome(exception.Errno);
            }
            catch (ObjectDisposedException)
            {
                outcomes[i] = new SendOutcome(Errno.EINTR); // the client was disposed before the message left
            }
        }

        return outcomes;
    }

    private PendingCall Begin(
        long type,
        ReadOnlyMemory<byte> text,
        MsgFlags flags,
        TimeSpan? timeout,
        Errno soft,
        CancellationToken cancellationToken) =>
        Connection.Begin(Request(type, text, flags, timeout, soft, cancellationToken));

    private CallRequest Request(
        long type,
        ReadOnlyMemory<byte> text,
        MsgFlags flags,
        TimeSpan? timeout,
        Errno soft,
        CancellationToken cancellationToken)
    {
        // A text that no frame can carry is not copied, and is refused before it is sent.
        var isTooLong = text.Length > Bounds.MessageBytes;
        var copy = isTooLong ? ByteString.Empty : ByteString.CopyFrom(text.Span);
        var body = new Call { Msgsnd = new MsgSnd { Type = type, Text = copy, Flags = (int)flags } };
        return new CallRequest(Target, body, "msgsnd", timeout, cancellationToken)
        {
            Soft = soft,
            Refusal = isTooLong ? Errno.EINVAL : Errno.None,
            // A sender that may block counts: a process may not fill the cluster with texts that wait.
            CountsAgainstWindow = (flags & MsgFlags.NoWait) == 0,
        };
    }

    private CallRequest Request(
        long type, int maxBytes, MsgFlags flags, TimeSpan? timeout, Errno soft, CancellationToken cancellationToken)
    {
        var body = new Call { Msgrcv = new MsgRcv { Type = type, Size = maxBytes, Flags = (int)flags } };
        return new CallRequest(Target, body, "msgrcv", timeout, cancellationToken) { Soft = soft };
    }
}
