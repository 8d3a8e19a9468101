using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The shared memory segments of a namespace: shmget(2), and what shmctl(2) says about all of them.</summary>
public interface ISharedMemories
{
    /// <summary>
    /// shmget(2): the segment of a key. ENOENT: there is none and IPC_CREAT is not given; EEXIST: there is one and
    /// IPC_CREAT|IPC_EXCL is given; EINVAL: it is smaller than size, or a new one would be empty or larger than shmmax;
    /// EACCES: the mode bits ask for more than the process may; ENOSPC: shmmni, shmall.
    /// </summary>
    /// <param name="key">The key; <see cref="IpcFlags.IPC_PRIVATE"/> makes a new segment.</param>
    /// <param name="size">Bytes; 0 for any segment that exists.</param>
    /// <param name="flags"><see cref="IpcFlags.IPC_CREAT"/>, <see cref="IpcFlags.IPC_EXCL"/>, mode bits.</param>
    /// <param name="isVolatile">If the call makes the segment: it has no journal, and is gone with its nodes.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISharedMemory> GetAsync(
        int key,
        long size,
        int flags = IpcFlags.IPC_CREAT | 0x180,
        bool isVolatile = false,
        CancellationToken cancellationToken = default);

    /// <summary>shmget(IPC_PRIVATE): a new segment without a key. It costs nothing until it is written.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="mode">Nine permission bits.</param>
    /// <param name="isVolatile">The segment has no journal, and is gone with its nodes.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISharedMemory> CreateAsync(
        long size, int mode = 0x180, bool isVolatile = false, CancellationToken cancellationToken = default);

    /// <summary>The segment of an id, without asking the cluster whether there is one.</summary>
    ISharedMemory Open(int id);

    /// <summary>All segments of the namespace, in the order of their ids.</summary>
    IAsyncEnumerable<SharedMemoryEntry> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>shmctl(SHM_STAT, SHM_STAT_ANY): EINVAL: no segment has the index; EACCES, unless any.</summary>
    /// <param name="index">The segment's place: 0 .. <see cref="SharedMemoryLimits.HighestIndex"/>.</param>
    /// <param name="any">Without the check of read permission.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<SegmentStat> StatByIndexAsync(int index, bool any = false, CancellationToken cancellationToken = default);

    /// <summary>shmctl(IPC_INFO): the limits, and the highest index in use.</summary>
    Task<SharedMemoryLimits> InfoAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// shmctl(SHM_INFO): what all segments of the namespace take. The resident pages are no snapshot: the segments are
    /// asked one after another, some at a time.
    /// </summary>
    Task<SharedMemoryUsage> UsageAsync(CancellationToken cancellationToken = default);
}
