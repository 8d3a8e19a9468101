using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// One shared memory segment: shmop(2) and shmctl(2). A call that fails throws <see cref="IpcException"/>; EINVAL:
/// there is no such segment; EIDRM: it was volatile, and is lost; EACCES: the process may not.
/// </summary>
public interface ISharedMemory
{
    /// <summary>shmid.</summary>
    int Id { get; }

    /// <summary>
    /// shmat(2): what lies in memory is reached through the attachment, which counts until it is detached or the
    /// process ends. EACCES: reading needs read permission, anything else write permission too.
    /// </summary>
    /// <param name="flags"><see cref="IpcFlags.SHM_RDONLY"/>; <see cref="IpcFlags.SHM_EXEC"/> asks for execute
    /// permission too.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISharedMemoryAttachment> AttachAsync(int flags = 0, CancellationToken cancellationToken = default);

    /// <summary>shmctl(IPC_STAT): EACCES without read permission, unless any.</summary>
    /// <param name="any">As SHM_STAT_ANY does: without the check of read permission.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<SegmentStat> StatAsync(bool any = false, CancellationToken cancellationToken = default);

    /// <summary>shmctl(IPC_SET). EPERM: neither owner, creator nor root.</summary>
    /// <param name="uid">The owner.</param>
    /// <param name="gid">The owner's group.</param>
    /// <param name="mode">Nine permission bits.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task SetAsync(uint uid, uint gid, int mode, CancellationToken cancellationToken = default);

    /// <summary>shmctl(SHM_LOCK): a mark on the segment. EPERM: neither owner, creator nor root.</summary>
    Task LockAsync(CancellationToken cancellationToken = default);

    /// <summary>shmctl(SHM_UNLOCK). EPERM: neither owner, creator nor root.</summary>
    Task UnlockAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// shmctl(IPC_RMID): the key is free at once, the segment goes with its last attachment. EPERM: neither owner,
    /// creator nor root.
    /// </summary>
    Task RemoveAsync(CancellationToken cancellationToken = default);
}
