using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A descriptor for a POSIX message queue: mq_overview(7).</summary>
/// <example>
/// <code>
/// await queue.SendAsync("report"u8.ToArray(), priority: 1);
/// var message = await queue.ReceiveAsync(timeout: TimeSpan.FromSeconds(5));
/// </code>
/// </example>
public interface IPosixMessageQueue : IIpcDescriptor
{
    /// <summary>
    /// mq_send(3), mq_timedsend(3). EAGAIN: the queue is full and O_NONBLOCK is set; EMSGSIZE: more bytes than
    /// mq_msgsize; EBADF: not open for writing; EINVAL: the priority is not from 0 to 32,767.
    /// </summary>
    /// <param name="text">The text. It is copied.</param>
    /// <param name="priority">From 0, the lowest, to 32,767.</param>
    /// <param name="timeout">How long to wait for room; null: for ever. ETIMEDOUT.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask SendAsync(
        ReadOnlyMemory<byte> text,
        int priority = 0,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>mq_timedsend(3) with its absolute time-out by CLOCK_REALTIME; otherwise as above.</summary>
    /// <param name="text">The text. It is copied.</param>
    /// <param name="priority">From 0, the lowest, to 32,767.</param>
    /// <param name="deadline">When to give up, by the clock of this machine. ETIMEDOUT, at once if it has passed.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask SendAsync(
        ReadOnlyMemory<byte> text,
        int priority,
        DateTimeOffset deadline,
        CancellationToken cancellationToken = default);

    /// <summary>Sends if there is room now. False: the queue is full.</summary>
    ValueTask<bool> TrySendAsync(
        ReadOnlyMemory<byte> text, int priority = 0, CancellationToken cancellationToken = default);

    /// <summary>
    /// mq_receive(3), mq_timedreceive(3): the oldest message of the highest priority. EAGAIN: the queue is empty and
    /// O_NONBLOCK is set; EBADF: not open for reading.
    /// </summary>
    /// <param name="timeout">How long to wait for a message; null: for ever. ETIMEDOUT.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<PosixMessage> ReceiveAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>mq_timedreceive(3) with its absolute time-out by CLOCK_REALTIME.</summary>
    /// <param name="deadline">When to give up, by the clock of this machine. ETIMEDOUT, at once if it has passed.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<PosixMessage> ReceiveAsync(DateTimeOffset deadline, CancellationToken cancellationToken = default);

    /// <summary>
    /// mq_receive(3) with a buffer. EMSGSIZE: the buffer has fewer bytes than mq_msgsize.
    /// </summary>
    /// <param name="buffer">Where the text goes.</param>
    /// <param name="timeout">How long to wait for a message; null: for ever. ETIMEDOUT.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>The number of bytes, and the priority.</returns>
    ValueTask<(int Bytes, int Priority)> ReceiveAsync(
        Memory<byte> buffer, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>Receives a message that is there now. Null: there is none.</summary>
    ValueTask<PosixMessage?> TryReceiveAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Receives a message that the queue keeps for this process until it is acknowledged, as
    /// <see cref="IMessageQueue.ReceiveDeliveryAsync"/>.
    /// </summary>
    /// <param name="timeout">How long to wait for a message; null: for ever. ETIMEDOUT.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<Delivery<PosixMessage>> ReceiveDeliveryAsync(
        TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>Receives messages for ever.</summary>
    IAsyncEnumerable<PosixMessage> ReceiveAllAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Waits until there is a message, as ChannelReader.WaitToReadAsync does. Another receiver may take it first.
    /// </summary>
    /// <returns>True. The descriptor being closed throws EBADF.</returns>
    ValueTask<bool> WaitToReceiveAsync(CancellationToken cancellationToken = default);

    /// <summary>mq_getattr(3), and what the file of the queue in /dev/mqueue shows.</summary>
    Task<PosixQueueAttributes> GetAttributesAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// mq_notify(3): registers the process for the next message that arrives while the queue is empty and no receiver
    /// waits. EBUSY: a process is registered; EINVAL: no such method or signal.
    /// </summary>
    /// <param name="method">The method.</param>
    /// <param name="signal">With <see cref="NotifyMethod.Signal"/>: its number, 0 to 64. The file of the queue shows
    /// it.</param>
    /// <param name="value">sigev_value.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IPosixQueueRegistration> NotifyAsync(
        NotifyMethod method = NotifyMethod.Thread,
        int signal = 0,
        long value = 0,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// mq_notify(3) with SIGEV_SIGNAL: when the registration is used, this process gets the signal, with the code SI_MESGQ,
    /// the value, and the sender of the message. The signal acts as any other: one without a handler does its default action.
    /// Errors as <see cref="NotifyAsync"/>.
    /// </summary>
    /// <param name="signal">The signal.</param>
    /// <param name="value">sigev_value.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IPosixQueueRegistration> NotifyBySignalAsync(
        Signal signal, long value = 0, CancellationToken cancellationToken = default);

    /// <summary>
    /// mq_notify(3) with SIGEV_THREAD again and again: each time a message arrives at the empty queue. The process is
    /// registered again before a notification is handed out, so a reader that empties the queue afterwards misses none.
    /// </summary>
    IAsyncEnumerable<PosixNotification> NotificationsAsync(CancellationToken cancellationToken = default);

    /// <summary>dup(2): another descriptor for the same open file description.</summary>
    IPosixMessageQueue Duplicate();
}
