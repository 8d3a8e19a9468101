using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The message queues of a namespace: msgget(2), and what msgctl(2) says about all of them.</summary>
/// <example>
/// <code>
/// var shared = await ipc.MessageQueues.GetAsync(key: 42);
/// var own = await ipc.MessageQueues.CreateAsync(durability: Durability.Volatile);
/// var usage = await ipc.MessageQueues.UsageAsync();
/// </code>
/// </example>
public interface IMessageQueues : IIpcObjects<IMessageQueue, MessageQueueStat>
{
    /// <summary>
    /// msgget(2): the queue of a key. ENOENT: there is none, without <see cref="GetFlags.Create"/>; EEXIST: there is
    /// one, with <see cref="GetFlags.Exclusive"/>; EACCES: the mode asks for more than the process may; ENOSPC: msgmni.
    /// </summary>
    /// <param name="key">The key; <see cref="IpcFlags.IPC_PRIVATE"/> makes a new queue.</param>
    /// <param name="flags">Whether to make the queue.</param>
    /// <param name="mode">Permissions of a new queue; of one that exists, the permissions that the caller asks
    /// for.</param>
    /// <param name="durability">Of a new queue.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IMessageQueue> GetAsync(
        int key,
        GetFlags flags = GetFlags.Create,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default);

    /// <summary>msgget(IPC_PRIVATE): a new queue without a key. ENOSPC: msgmni.</summary>
    /// <param name="mode">Its permissions.</param>
    /// <param name="durability">What it survives.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IMessageQueue> CreateAsync(
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default);

    /// <summary>msgctl(IPC_INFO): the limits, and the highest index in use.</summary>
    Task<MessageQueueLimits> InfoAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// msgctl(MSG_INFO): what all queues of the namespace hold. Not a snapshot: the queues are asked one after
    /// another, some at a time, and one that is removed meanwhile does not count.
    /// </summary>
    Task<MessageQueueUsage> UsageAsync(CancellationToken cancellationToken = default);
}
