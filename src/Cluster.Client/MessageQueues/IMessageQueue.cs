using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// One message queue: msgop(2) and msgctl(2). A call that fails throws <see cref="IpcException"/>; EINVAL: there is no
/// such queue, or no more; EIDRM: it was removed while the call waited in it; EACCES: the process may not.
/// <para>
/// A call whose token is cancelled is interrupted, and completes when its outcome is known: with
/// <see cref="OperationCanceledException"/> if it did not happen, and normally if it had happened already. While no
/// node can be reached, calls wait; a call that was not sent yet is interrupted, and times out, at once.
/// </para>
/// </summary>
public interface IMessageQueue
{
    /// <summary>msqid.</summary>
    int Id { get; }

    /// <summary>
    /// msgsnd(2): appends a message, and waits while the queue is full. Complete means: it is in the journal.
    /// ETIMEDOUT: the queue stayed full; EINVAL: the type is not positive, or the text longer than msgmax; ENOBUFS: it
    /// would have to wait, and the messages of those that wait here have <see cref="Bounds.ParkedBytes"/> already, or
    /// more waits to be written than a node has room for.
    /// </summary>
    /// <param name="type">mtype, greater than zero.</param>
    /// <param name="text">mtext; copied before the method returns.</param>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
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

    /// <summary>
    /// msgrcv(2): takes a message, and waits for one. ETIMEDOUT: none came; E2BIG: it is longer than maxBytes, and
    /// stays in the queue.
    /// </summary>
    /// <param name="type">0: the first message; positive: the first of this type (of another type with MSG_EXCEPT);
    /// negative: the first of the lowest type that is not above -type.</param>
    /// <param name="maxBytes">msgsz, bytes.</param>
    /// <param name="flags"><see cref="IpcFlags.MSG_NOERROR"/> cuts a message that is too long;
    /// <see cref="IpcFlags.MSG_EXCEPT"/>.</param>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<IpcMessage> ReceiveAsync(
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        int flags = 0,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>msgrcv(IPC_NOWAIT): as <see cref="ReceiveAsync"/>, but null (ENOMSG) if there is none.</summary>
    /// <param name="type">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="maxBytes">msgsz, bytes.</param>
    /// <param name="flags">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<IpcMessage?> TryReceiveAsync(
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        int flags = 0,
        CancellationToken cancellationToken = default);

    /// <summary>msgrcv(MSG_COPY|IPC_NOWAIT): a copy of a message, which stays. ENOMSG: so many there are not.</summary>
    /// <param name="index">The message's place in the queue, from 0.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<IpcMessage> CopyAsync(long index, CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="ReceiveAsync"/>, for a message that must not be lost before it is somewhere else: it is handed to
    /// take, and acknowledged only once take has completed. If take throws, the process ends as if it had crashed: the
    /// message, and whatever else it has not acknowledged, is back in its place in the queue, the client is closed, and
    /// the exception goes on to the caller.
    /// </summary>
    /// <param name="take">Puts the message where it will be safe.</param>
    /// <param name="type">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="maxBytes">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="flags">As for <see cref="ReceiveAsync"/>, and <see cref="IpcFlags.IPC_NOWAIT"/>: ENOMSG rather than
    /// wait.</param>
    /// <param name="timeout">As for <see cref="ReceiveAsync"/>; take has all the time that it needs.</param>
    /// <param name="cancellationToken">Interrupts the call, not take.</param>
    Task ReceiveIntoAsync(
        Func<IpcMessage, ValueTask> take,
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        int flags = 0,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes messages for ever, each when it is asked for: a consumer that stops has lost none. Ends with
    /// <see cref="OperationCanceledException"/>, or with EIDRM when the queue is removed.
    /// </summary>
    /// <param name="type">As for <see cref="ReceiveAsync"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    IAsyncEnumerable<IpcMessage> ReceiveAllAsync(long type = 0, CancellationToken cancellationToken = default);

    /// <summary>msgctl(IPC_STAT): EACCES without read permission, unless any.</summary>
    /// <param name="any">As MSG_STAT_ANY does: without the check of read permission.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<QueueStat> StatAsync(bool any = false, CancellationToken cancellationToken = default);

    /// <summary>msgctl(IPC_SET). EPERM: neither owner, creator nor root, or qbytes above msgmnb without root.</summary>
    /// <param name="uid">The owner.</param>
    /// <param name="gid">The owner's group.</param>
    /// <param name="mode">Nine permission bits.</param>
    /// <param name="qbytes">msg_qbytes: how many bytes of text the queue may hold.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task SetAsync(uint uid, uint gid, int mode, ulong qbytes, CancellationToken cancellationToken = default);

    /// <summary>msgctl(IPC_RMID): whoever waits wakes with EIDRM. EPERM: neither owner, creator nor root.</summary>
    Task RemoveAsync(CancellationToken cancellationToken = default);
}
