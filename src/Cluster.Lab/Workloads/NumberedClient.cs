using System.Collections.Concurrent;
using Cluster.Client;

namespace Cluster.Lab.Workloads;

/// <summary>A client and the number that it has in the history. Its replacement gets another number.</summary>
internal sealed class NumberedClient(int number, IIpcClient ipc)
{
    private readonly ConcurrentDictionary<int, ISharedMemoryAttachment> _attached = new();

    public int Number => number;

    public IIpcClient Ipc => ipc;

    /// <summary>
    /// The attachment of this client to a segment. The client attaches each segment once, so their number is bounded by
    /// the number of segments.
    /// </summary>
    public async ValueTask<ISharedMemoryAttachment> AttachAsync(int segment, CancellationToken cancelled)
    {
        if (_attached.TryGetValue(segment, out var attachment)) return attachment;
        attachment = await ipc.SharedMemorySegments.Open(segment).AttachAsync(cancellationToken: cancelled)
            .ConfigureAwait(false);
        return _attached.GetOrAdd(segment, attachment);
    }
}
