using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A descriptor for a POSIX shared memory object: shm_overview(7). A new object has no bytes.</summary>
/// <example>
/// <code>
/// await memory.SetLengthAsync(4096);
/// await using var mapping = await memory.MapAsync(4096);
/// var before = await mapping.FetchAddAsync(offset: 0, 1L);
/// </code>
/// </example>
public interface IPosixSharedMemoryObject : IIpcDescriptor
{
    /// <summary>
    /// ftruncate(2). Bytes beyond a smaller size are gone, and are zeros if the object grows again. EINVAL: a negative length,
    /// or a descriptor that is not open for writing; EFBIG: more than <see cref="Bounds.SegmentBytes"/>.
    /// </summary>
    /// <param name="length">The size, in bytes.</param>
    /// <param name="cancellationToken">Interrupts the call, unless the object has decided it.</param>
    Task SetLengthAsync(long length, CancellationToken cancellationToken = default);

    /// <summary>fstat(2).</summary>
    Task<NamedObjectStat> StatAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// pread(2): the bytes up to the end of the object, at most as many as the buffer has. In parts, as
    /// <see cref="ISharedMemory"/>. EBADF: not open for reading; EINVAL: a negative offset; EIDRM: as of
    /// <see cref="ISharedMemory"/>.
    /// </summary>
    /// <param name="offset">Where, bytes from the start of the object.</param>
    /// <param name="buffer">Where the bytes go; at most <see cref="Bounds.TransferBytes"/>.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>The number of bytes; 0 at the end of the object and beyond it.</returns>
    ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken = default);

    /// <summary>
    /// pwrite(2): writes all bytes. The object grows if it ends before. When the call fails or is interrupted, the object may
    /// have grown, and a part may have been written. EBADF: not open for writing; EINVAL: a negative offset; EFBIG: beyond
    /// <see cref="Bounds.SegmentBytes"/>; EIDRM: as of <see cref="ISharedMemory"/>.
    /// </summary>
    /// <param name="offset">Where, bytes from the start of the object.</param>
    /// <param name="data">The bytes, at most <see cref="Bounds.TransferBytes"/>; not to be changed meanwhile.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default);

    /// <summary>
    /// mmap(2) with MAP_SHARED. The mapping stays when the descriptor is closed and the name unlinked. It may be longer than
    /// the object: a call beyond the end of the object fails with EFAULT (on Linux SIGBUS). EACCES: the descriptor is not open
    /// for reading, or for a mapping that writes not for both; EINVAL: no length, or an offset that is no multiple of 4,096;
    /// ENOMEM: more than <see cref="Bounds.SegmentBytes"/>, or <see cref="Bounds.AttachmentsPerSegment"/> mappings of the
    /// object; EOVERFLOW: a negative offset, or an end beyond 2^63.
    /// </summary>
    /// <param name="length">The length, in bytes.</param>
    /// <param name="offset">Where in the object the mapping begins, in bytes.</param>
    /// <param name="isReadOnly">Without PROT_WRITE.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IPosixSharedMemoryMapping> MapAsync(
        long length, long offset = 0, bool isReadOnly = false, CancellationToken cancellationToken = default);

    /// <summary>dup(2): another descriptor for the same open file description.</summary>
    IPosixSharedMemoryObject Duplicate();
}
