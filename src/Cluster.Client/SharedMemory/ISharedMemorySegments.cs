using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The shared memory segments of a namespace: shmget(2), and what shmctl(2) says about all of them.</summary>
/// <example>
/// <code>
/// var segment = await ipc.SharedMemorySegments.GetAsync(key: 44, size: 1 &lt;&lt; 20);
/// var usage = await ipc.SharedMemorySegments.UsageAsync();
/// </code>
/// </example>
public interface ISharedMemorySegments : IIpcObjects<ISharedMemorySegment, SharedMemorySegmentStat>
{
    /// <summary>
    /// shmget(2): the segment of a key. ENOENT: there is none, without <see cref="GetFlags.Create"/>; EEXIST: there is
    /// one, with <see cref="GetFlags.Exclusive"/>; EINVAL: it is smaller than size, or a new one would be empty or
    /// larger than shmmax; EACCES: the mode asks for more than the process may; ENOSPC: shmmni, shmall.
    /// </summary>
    /// <param name="key">The key; <see cref="IpcFlags.IPC_PRIVATE"/> makes a new segment.</param>
    /// <param name="size">Bytes; 0 for any segment that exists.</param>
    /// <param name="flags">Whether to make the segment.</param>
    /// <param name="mode">Permissions of a new segment; of one that exists, the permissions that the caller asks
    /// for.</param>
    /// <param name="durability">Of a new segment.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISharedMemorySegment> GetAsync(
        int key,
        long size,
        GetFlags flags = GetFlags.Create,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default);

    /// <summary>shmget(IPC_PRIVATE): a new segment without a key. It takes no room until it is written.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="mode">Its permissions.</param>
    /// <param name="durability">What it survives.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISharedMemorySegment> CreateAsync(
        long size,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default);

    /// <summary>shmctl(IPC_INFO): the limits, and the highest index in use.</summary>
    Task<SharedMemoryLimits> InfoAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// shmctl(SHM_INFO): what all segments of the namespace take. The resident pages are no snapshot: the segments are
    /// asked one after another, some at a time.
    /// </summary>
    Task<SharedMemoryUsage> UsageAsync(CancellationToken cancellationToken = default);
}
