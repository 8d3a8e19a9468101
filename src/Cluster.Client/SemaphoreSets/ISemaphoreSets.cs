using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The semaphore sets of a namespace: semget(2), and what semctl(2) says about all of them.</summary>
public interface ISemaphoreSets
{
    /// <summary>
    /// semget(2): the set of a key. ENOENT: there is none and IPC_CREAT is not given; EEXIST: there is one and
    /// IPC_CREAT|IPC_EXCL is given; EACCES: the mode bits ask for more than the process may; EINVAL: more semaphores
    /// than semmsl or than the set has, or none for a new set; ENOSPC: semmni or semmns.
    /// </summary>
    /// <param name="key">The key; <see cref="IpcFlags.IPC_PRIVATE"/> makes a new set.</param>
    /// <param name="count">nsems.</param>
    /// <param name="flags"><see cref="IpcFlags.IPC_CREAT"/>, <see cref="IpcFlags.IPC_EXCL"/>, mode bits.</param>
    /// <param name="isVolatile">If the call makes the set: it has no journal, and is gone with its node.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISemaphoreSet> GetAsync(
        int key,
        int count = 1,
        int flags = IpcFlags.IPC_CREAT | 0x180,
        bool isVolatile = false,
        CancellationToken cancellationToken = default);

    /// <summary>semget(IPC_PRIVATE): a new set without a key; its values are zero. ENOSPC: semmni or semmns.</summary>
    /// <param name="count">nsems.</param>
    /// <param name="mode">Nine permission bits.</param>
    /// <param name="isVolatile">The set has no journal, and is gone with its node.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISemaphoreSet> CreateAsync(
        int count = 1, int mode = 0x180, bool isVolatile = false, CancellationToken cancellationToken = default);

    /// <summary>The set of an id, without asking the cluster whether there is one.</summary>
    ISemaphoreSet Open(int id);

    /// <summary>All sets of the namespace, in the order of their ids.</summary>
    IAsyncEnumerable<SemaphoreSetEntry> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>semctl(SEM_STAT, SEM_STAT_ANY): EINVAL: no set has the index; EACCES, unless any.</summary>
    /// <param name="index">The set's place in the array: 0 .. <see cref="SemaphoreSetLimits.HighestIndex"/>.</param>
    /// <param name="any">Without the check of read permission.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<SetStat> StatByIndexAsync(int index, bool any = false, CancellationToken cancellationToken = default);

    /// <summary>semctl(IPC_INFO, SEM_INFO): the limits, and how many sets and semaphores there are.</summary>
    Task<SemaphoreSetLimits> InfoAsync(CancellationToken cancellationToken = default);
}
