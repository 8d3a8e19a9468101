namespace Cluster.Client;

/// <summary>A segment as one process has it attached: shmop(2). Disposal detaches.</summary>
/// <example>
/// <code>
/// await using var memory = await segment.AttachAsync();
/// await memory.WriteAsync(offset: 64, "hello"u8.ToArray());
/// var before = await memory.FetchAddAsync(offset: 0, 1L);
/// </code>
/// </example>
public interface ISharedMemoryAttachment : ISharedMemory
{
    /// <summary>shmid.</summary>
    int SegmentId { get; }

    /// <summary>shmdt(2). EINVAL: it is detached already, or the segment was removed with its namespace.</summary>
    Task DetachAsync(CancellationToken cancellationToken = default);
}
