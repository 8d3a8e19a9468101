namespace Cluster.Client;

/// <summary>
/// One shared memory segment: shmop(2) and shmctl(2). A call that fails throws <see cref="IpcException"/>; EINVAL:
/// there is no such segment; EIDRM: it was volatile, and is lost; EACCES: the process may not. RemoveAsync frees the
/// key at once; the segment goes with its last attachment.
/// </summary>
/// <example>
/// <code>
/// var segment = await ipc.SharedMemorySegments.GetAsync(key: 44, size: 1 &lt;&lt; 20);
/// await using var memory = await segment.AttachAsync();
/// await memory.WriteAsync(offset: 64, "hello"u8.ToArray());
/// </code>
/// </example>
public interface ISharedMemorySegment : IIpcObject<SharedMemorySegmentStat, PermissionsChange>
{
    /// <summary>
    /// shmat(2). The contents of the segment are reached through the attachment, which counts until it is detached or
    /// the process ends. EACCES: reading needs read permission, anything else write permission too.
    /// </summary>
    /// <param name="flags">See <see cref="ShmFlags"/>.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISharedMemoryAttachment> AttachAsync(
        ShmFlags flags = ShmFlags.None, CancellationToken cancellationToken = default);

    /// <summary>shmctl(SHM_LOCK): a mark on the segment. EPERM: neither owner, creator nor root.</summary>
    Task LockAsync(CancellationToken cancellationToken = default);

    /// <summary>shmctl(SHM_UNLOCK). EPERM: neither owner, creator nor root.</summary>
    Task UnlockAsync(CancellationToken cancellationToken = default);
}
