using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// One message queue: msgop(2) and msgctl(2). A call that fails throws <see cref="IpcException"/>; EINVAL: there is no
/// such queue, or no more; EIDRM: it was removed while the call waited in it; EACCES: the process may not. A call whose
/// time-out passes throws <see cref="IpcTimeoutException"/>. In every method a time-out of null waits for ever.
/// <para>
/// A call whose token is cancelled is interrupted, and completes when its outcome is known: with
/// <see cref="OperationCanceledException"/> if it did not happen, and normally if it had happened already. While no
/// node can be reached, calls wait. A call that was not sent yet is interrupted, and times out, at once.
/// </para>
/// </summary>
/// <example>
/// <code>
/// var queue = await ipc.MessageQueues.GetAsync(key: 42);
/// await queue.SendAsync(type: 1, "hello"u8.ToArray());
/// if (await queue.TryReceiveAsync(type: -5) is { } message)
///     Console.WriteLine($"{message.Type}: {Encoding.UTF8.GetString(message.Text.Span)}");
/// </code>
/// </example>
public interface IMessageQueue : IIpcObject<MessageQueueStat, QueueChange>
{
    /// <summary>
    /// msgsnd(2): appends a message, and waits while the queue is full. When it completes, the message is in the
    /// journal. EINVAL: the type is not positive, or the text is longer than msgmax; ENOBUFS: the call would have to
    /// wait, and the messages of calls that wait in this queue have <see cref="Bounds.ParkedBytes"/> already, or more
    /// waits to be written than a node has room for.
    /// </summary>
    /// <param name="type">mtype, greater than zero.</param>
    /// <param name="text">mtext; copied before the method returns.</param>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <exception cref="IpcTimeoutException">ETIMEDOUT: the queue stayed full.</exception>
    ValueTask SendAsync(
        long type,
        ReadOnlyMemory<byte> text,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>msgsnd(IPC_NOWAIT): as <see cref="SendAsync"/>, but false (EAGAIN) if the queue is full.</summary>
    /// <param name="type">mtype, greater than zero.</param>
    /// <param name="text">mtext; copied before the method returns.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<bool> TrySendAsync(
        long type, ReadOnlyMemory<byte> text, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="SendAsync"/>, but false (ETIMEDOUT) if the queue stays full for so long.</summary>
    /// <param name="type">mtype, greater than zero.</param>
    /// <param name="text">mtext; copied before the method returns.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<bool> TrySendAsync(
        long type, ReadOnlyMemory<byte> text, TimeSpan timeout, CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends messages in their order: all of them leave in one frame, in one write, and each has its own outcome. Some
    /// may fail while others are sent. What does not fit a frame (<see cref="Bounds.CallsPerFrame"/> messages, about
    /// <see cref="Bounds.FrameTargetBytes"/> bytes, and <see cref="IpcClientOptions.MaxCallsInFlight"/>) leaves in the
    /// frames that follow. No failure of a message is thrown, and neither is a cancellation (EINTR).
    /// If the client is disposed meanwhile, the messages that were not sent have EINTR too. ObjectDisposedException:
    /// the client was disposed before the call.
    /// </summary>
    /// <param name="messages">At most <see cref="Bounds.CallsPerProcess"/>. Texts are copied before the method
    /// returns.</param>
    /// <param name="timeout">How long each may wait while the queue is full; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the messages that are not sent yet.</param>
    /// <returns>An outcome for each message, in the order of the messages.</returns>
    /// <example>
    /// <code>
    /// var outcomes = await queue.SendManyAsync(texts.Select(text => new OutgoingMessage(1, text)));
    /// var failed = outcomes.Count(outcome => !outcome.IsSent);
    /// </code>
    /// </example>
    Task<IReadOnlyList<SendOutcome>> SendManyAsync(
        IEnumerable<OutgoingMessage> messages,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// msgrcv(2): takes a message, and waits for one. E2BIG: it is longer than maxBytes, and stays in the queue.
    /// </summary>
    /// <param name="type">0: the first message; positive: the first of this type (of another type with
    /// <see cref="MsgFlags.Except"/>); negative: the first of the lowest type that is not above -type.</param>
    /// <param name="maxBytes">msgsz, bytes.</param>
    /// <param name="flags">See <see cref="MsgFlags"/>; with <see cref="MsgFlags.NoWait"/> ENOMSG instead of
    /// waiting.</param>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <exception cref="IpcTimeoutException">ETIMEDOUT: no message came.</exception>
    ValueTask<IpcMessage> ReceiveAsync(
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        MsgFlags flags = MsgFlags.None,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>msgrcv(IPC_NOWAIT): as <see cref="ReceiveAsync"/>, but null (ENOMSG) if there is no message.</summary>
    /// <param name="type">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="maxBytes">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="flags">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<IpcMessage?> TryReceiveAsync(
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        MsgFlags flags = MsgFlags.None,
        CancellationToken cancellationToken = default);

    /// <summary>As <see cref="ReceiveAsync"/>, but null (ETIMEDOUT) if no message comes for so long.</summary>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="type">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="maxBytes">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="flags">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<IpcMessage?> TryReceiveAsync(
        TimeSpan timeout,
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        MsgFlags flags = MsgFlags.None,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="ReceiveAsync"/>, for a message that must not be lost before the caller has saved it. The cluster
    /// keeps it until the delivery is acknowledged, and puts it back into the queue if the delivery is returned.
    /// ENOBUFS: the process has
    /// <see cref="Bounds.PendingPerTarget"/> open deliveries of this queue.
    /// </summary>
    /// <param name="type">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="maxBytes">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="flags">As for <see cref="ReceiveAsync"/>; not <see cref="MsgFlags.Copy"/>.</param>
    /// <param name="timeout">How long to wait for a message; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>The delivery. Its disposal returns the message, unless it was acknowledged.</returns>
    ValueTask<Delivery<IpcMessage>> ReceiveDeliveryAsync(
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        MsgFlags flags = MsgFlags.None,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>msgrcv(MSG_COPY|IPC_NOWAIT): a copy of a message, which stays in the queue. ENOMSG: the queue has no
    /// message at this index.</summary>
    /// <param name="index">The message's place in the queue, from 0.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<IpcMessage> CopyAsync(long index, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes messages for ever, each when it is asked for: a consumer that stops has lost none. Ends with
    /// <see cref="OperationCanceledException"/>, or with EIDRM when the queue is removed.
    /// </summary>
    /// <param name="type">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="cancellationToken">Ends the sequence.</param>
    IAsyncEnumerable<IpcMessage> ReceiveAllAsync(long type = 0, CancellationToken cancellationToken = default);
}
