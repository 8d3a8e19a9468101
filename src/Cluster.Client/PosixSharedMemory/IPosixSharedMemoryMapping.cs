namespace Cluster.Client;

/// <summary>A mapping of a POSIX shared memory object: mmap(2). Disposal unmaps.</summary>
/// <example>
/// <code>
/// await using var mapping = await memory.MapAsync(length: 4096);
/// var before = await mapping.CompareExchangeAsync(offset: 8, value: 1, expected: 0);
/// </code>
/// </example>
public interface IPosixSharedMemoryMapping : ISharedMemory
{
    /// <summary>Where in the object the mapping begins, in bytes.</summary>
    long Offset { get; }

    /// <summary>munmap(2) of the whole mapping. EINVAL: it is unmapped already.</summary>
    Task UnmapAsync(CancellationToken cancellationToken = default);
}
