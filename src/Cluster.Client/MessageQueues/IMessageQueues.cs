using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The message queues of a namespace: msgget(2), and what msgctl(2) says about all of them.</summary>
public interface IMessageQueues
{
    /// <summary>
    /// msgget(2): the queue of a key. ENOENT: there is none and IPC_CREAT is not given; EEXIST: there is one and
    /// IPC_CREAT|IPC_EXCL is given; EACCES: the mode bits ask for more than the process may; ENOSPC: msgmni.
    /// </summary>
    /// <param name="key">The key; <see cref="IpcFlags.IPC_PRIVATE"/> makes a new queue.</param>
    /// <param name="flags"><see cref="IpcFlags.IPC_CREAT"/>, <see cref="IpcFlags.IPC_EXCL"/>, mode bits.</param>
    /// <param name="isVolatile">If the call makes the queue: it has no journal, and is gone with its node.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IMessageQueue> GetAsync(
        int key,
        int flags = IpcFlags.IPC_CREAT | 0x180,
        bool isVolatile = false,
        CancellationToken cancellationToken = default);

    /// <summary>msgget(IPC_PRIVATE): a new queue without a key. ENOSPC: msgmni.</summary>
    /// <param name="mode">Nine permission bits.</param>
    /// <param name="isVolatile">The queue has no journal, and is gone with its node.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IMessageQueue> CreateAsync(
        int mode = 0x180, bool isVolatile = false, CancellationToken cancellationToken = default);

    /// <summary>The queue of an id, without asking the cluster whether there is one.</summary>
    IMessageQueue Open(int id);

    /// <summary>All queues of the namespace, in the order of their ids.</summary>
    IAsyncEnumerable<MessageQueueEntry> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>msgctl(MSG_STAT, MSG_STAT_ANY): EINVAL: no queue has the index; EACCES, unless any.</summary>
    /// <param name="index">The queue's place in the array: 0 .. <see cref="MessageQueueLimits.HighestIndex"/>.</param>
    /// <param name="any">Without the check of read permission.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<QueueStat> StatByIndexAsync(int index, bool any = false, CancellationToken cancellationToken = default);

    /// <summary>msgctl(IPC_INFO): the limits, and the highest index in use.</summary>
    Task<MessageQueueLimits> InfoAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// msgctl(MSG_INFO): what all queues of the namespace hold. Not a snapshot: the queues are asked one after
    /// another, some at a time, and one that is removed meanwhile does not count.
    /// </summary>
    Task<MessageQueueUsage> UsageAsync(CancellationToken cancellationToken = default);
}
