using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The semaphore sets of a namespace: semget(2), and what semctl(2) says about all of them.</summary>
/// <example>
/// <code>
/// var locks = await ipc.SemaphoreSets.GetAsync(key: 43, count: 8);
/// var limits = await ipc.SemaphoreSets.InfoAsync();
/// </code>
/// </example>
public interface ISemaphoreSets : IIpcObjects<ISemaphoreSet, SemaphoreSetStat>
{
    /// <summary>
    /// semget(2): the set of a key. ENOENT: there is none, without <see cref="GetFlags.Create"/>; EEXIST: there is one,
    /// with <see cref="GetFlags.Exclusive"/>; EACCES: the mode asks for more than the process may; EINVAL: more
    /// semaphores than semmsl or than the set has, or none for a new set; ENOSPC: semmni or semmns.
    /// </summary>
    /// <param name="key">The key; <see cref="IpcFlags.IPC_PRIVATE"/> makes a new set.</param>
    /// <param name="count">nsems.</param>
    /// <param name="flags">Whether to make the set.</param>
    /// <param name="mode">Permissions of a new set; of one that exists, the permissions that the caller asks
    /// for.</param>
    /// <param name="durability">Of a new set.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISemaphoreSet> GetAsync(
        int key,
        int count = 1,
        GetFlags flags = GetFlags.Create,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default);

    /// <summary>semget(IPC_PRIVATE): a new set without a key; its values are zero. ENOSPC: semmni or semmns.</summary>
    /// <param name="count">nsems.</param>
    /// <param name="mode">Its permissions.</param>
    /// <param name="durability">What it survives.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISemaphoreSet> CreateAsync(
        int count = 1,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default);

    /// <summary>semctl(IPC_INFO, SEM_INFO): the limits, and how many sets and semaphores there are.</summary>
    Task<SemaphoreSetLimits> InfoAsync(CancellationToken cancellationToken = default);
}
