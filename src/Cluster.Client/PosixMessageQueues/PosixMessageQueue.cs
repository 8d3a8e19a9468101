using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client;

/// <summary>One descriptor for a queue. Texts are copied on the way in, as those of System V queues.</summary>
internal sealed class PosixMessageQueue(OpenDescription description, int descriptor, TimeProvider time)
    : DescriptorHandle(description, descriptor, "mq_close"), IPosixMessageQueue
{
    private const string Send = "mq_send";
    private const string Receive = "mq_receive";

    public ValueTask SendAsync(
        ReadOnlyMemory<byte> text,
        int priority = 0,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        var call = BeginSend(text, priority, timeout, Errno.None, cancellationToken);
        return new ValueTask(call, call.Version);
    }

    public ValueTask SendAsync(
        ReadOnlyMemory<byte> text,
        int priority,
        DateTimeOffset deadline,
        CancellationToken cancellationToken = default) =>
        SendAsync(text, priority, Until(deadline), cancellationToken);

    public ValueTask<bool> TrySendAsync(
        ReadOnlyMemory<byte> text, int priority = 0, CancellationToken cancellationToken = default)
    {
        var call = BeginSend(text, priority, TimeSpan.Zero, CallRequest.FullOrEmpty, cancellationToken);
        return new ValueTask<bool>(call, call.Version);
    }

    public ValueTask<PosixMessage> ReceiveAsync(
        TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var call = Open.Connection.Begin(ReceiveRequest(Bounds.MessageBytes, timeout, Errno.None, cancellationToken));
        return new ValueTask<PosixMessage>(call, call.Version);
    }

    public ValueTask<PosixMessage> ReceiveAsync(
        DateTimeOffset deadline, CancellationToken cancellationToken = default) =>
        ReceiveAsync(Until(deadline), cancellationToken);

    public async ValueTask<(int Bytes, int Priority)> ReceiveAsync(
        Memory<byte> buffer, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var call = Open.Connection.Begin(ReceiveRequest(buffer.Length, timeout, Errno.None, cancellationToken));
        var message = await new ValueTask<PosixMessage>(call, call.Version).ConfigureAwait(false);
        message.Text.CopyTo(buffer);
        return (message.Text.Length, message.Priority);
    }

    public ValueTask<PosixMessage?> TryReceiveAsync(CancellationToken cancellationToken = default)
    {
        var call = Open.Connection.Begin(
            ReceiveRequest(Bounds.MessageBytes, TimeSpan.Zero, CallRequest.FullOrEmpty, cancellationToken));
        return new ValueTask<PosixMessage?>(call, call.Version);
    }

    public async ValueTask<Delivery<PosixMessage>> ReceiveDeliveryAsync(
        TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var request = ReceiveRequest(Bounds.MessageBytes, timeout, Errno.None, cancellationToken) with
        {
            DefersAck = true,
        };
        var call = Open.Connection.Begin(request);
        var grant = await new ValueTask<Grant>(call, call.Version).ConfigureAwait(false);
        var back = new Call { Mqueue = new MqueueCall { Return = new MqueueReturn { Seq = grant.Result!.Seq } } };
        return new QueueDelivery<PosixMessage>(
            PendingCall.ToPosixMessage(grant.Result), Open.Connection, Open.Target, grant, Receive, back);
    }

    public async IAsyncEnumerable<PosixMessage> ReceiveAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
            yield return await ReceiveAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> WaitToReceiveAsync(CancellationToken cancellationToken = default)
    {
        await PollAsync(PollEvents.Readable, null, cancellationToken).ConfigureAwait(false);
        return true;
    }

    public async Task<PosixQueueAttributes> GetAttributesAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed("mq_getattr");
        var getattr = new MqueueCall { Getattr = new MqueueGetattr { Description = Open.Number } };
        var result = await Open.CallAsync(new Call { Mqueue = getattr }, "mq_getattr", cancellationToken)
            .ConfigureAwait(false);
        return PosixQueueAttributes.From(result.MqueueAttributes);
    }

    public Task<IPosixQueueRegistration> NotifyAsync(
        NotifyMethod method = NotifyMethod.Thread,
        int signal = 0,
        long value = 0,
        CancellationToken cancellationToken = default) =>
        RegisterAsync(method, signal, value, sends: false, cancellationToken);

    public Task<IPosixQueueRegistration> NotifyBySignalAsync(
        Signal signal, long value = 0, CancellationToken cancellationToken = default) =>
        RegisterAsync(NotifyMethod.Signal, (int)signal, value, sends: true, cancellationToken);

    private async Task<IPosixQueueRegistration> RegisterAsync(
        NotifyMethod method, int signal, long value, bool sends, CancellationToken cancellationToken)
    {
        ThrowIfClosed(PosixQueueRegistration.Notify);
        Open.TellsEachClose = true;
        var notify = new MqueueNotify
        {
            Description = Open.Number, Method = (int)method, Signal = signal, Value = value,
        };
        var result = await Open.CallAsync(
            new Call { Mqueue = new MqueueCall { Notify = notify } }, PosixQueueRegistration.Notify, cancellationToken)
            .ConfigureAwait(false);
        return new PosixQueueRegistration(Open, result.MqueueRegistration.Number, method, sends ? signal : 0);
    }

    public async IAsyncEnumerable<PosixNotification> NotificationsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var registration = await NotifyAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        try
        {
            while (await registration.Notified.WaitAsync(cancellationToken).ConfigureAwait(false) is { } notification)
            {
                ExceptionDispatchInfo? failure = null;
                try
                {
                    registration = await NotifyAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
                }
                catch (IpcException exception)
                {
                    failure = ExceptionDispatchInfo.Capture(exception); // EBUSY: another process was faster
                }

                yield return notification; // it has been used, whatever comes next
                failure?.Throw();
            }
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
        }
    }

    public IPosixMessageQueue Duplicate() => new PosixMessageQueue(Open, TakeDuplicate(), time);

    private TimeSpan Until(DateTimeOffset deadline)
    {
        var left = deadline - time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private PendingCall BeginSend(
        ReadOnlyMemory<byte> text, int priority, TimeSpan? timeout, Errno soft, CancellationToken cancellationToken)
    {
        // A text that no frame can carry is not copied, and is refused before it is sent.
        var isTooLong = text.Length > Bounds.MessageBytes;
        var send = new MqueueSend
        {
            Description = Open.Number,
            Priority = (uint)priority, // a negative one becomes a number above the highest
            Text = isTooLong ? ByteString.Empty : ByteString.CopyFrom(text.Span),
        };
        var body = new Call { Mqueue = new MqueueCall { Send = send } };
        return Open.Connection.Begin(Open.Request(body, Send, timeout, soft, cancellationToken) with
        {
            Refusal = IsClosed ? Errno.EBADF : isTooLong ? Errno.EMSGSIZE : Errno.None,
            // A sender that may block counts: a process may not fill the cluster with texts that wait.
            CountsAgainstWindow = timeout != TimeSpan.Zero,
        });
    }

    private CallRequest ReceiveRequest(
        int size, TimeSpan? timeout, Errno soft, CancellationToken cancellationToken)
    {
        var receive = new MqueueReceive { Description = Open.Number, Size = size };
        var body = new Call { Mqueue = new MqueueCall { Receive = receive } };
        return Open.Request(body, Receive, timeout, soft, cancellationToken) with
        {
            Refusal = IsClosed ? Errno.EBADF : Errno.None,
        };
    }
}
