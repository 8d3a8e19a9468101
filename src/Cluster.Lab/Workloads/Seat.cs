using System.Collections.Concurrent;
using Cluster.Client;

namespace Cluster.Lab.Workloads;

/// <summary>A client and its number; its place is taken by another when its process is lost.</summary>
internal sealed class Seat(int number, IIpcClient client)
{
    private readonly ConcurrentDictionary<int, ISharedMemoryAttachment> _attached = new();

    public int Number => number;

    public IIpcClient Client => client;

    /// <summary>The segment as this client has it attached; bounded by the number of segments.</summary>
    public async ValueTask<ISharedMemoryAttachment> AttachAsync(int segment, CancellationToken cancelled)
    {
        if (_attached.TryGetValue(segment, out var attachment)) return attachment;
        attachment = await client.SharedMemorySegments.Open(segment).AttachAsync(cancellationToken: cancelled)
            .ConfigureAwait(false);
        return _attached.GetOrAdd(segment, attachment);
    }
}
