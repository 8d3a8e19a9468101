using System.Collections.Concurrent;
using Cluster.Client;

namespace Cluster.Lab.Workloads;

/// <summary>A client and the number that it has in the history. Its replacement gets another number.</summary>
internal sealed class NumberedClient(int number, IIpcClient ipc)
{
    private readonly ConcurrentDictionary<int, ISharedMemoryAttachment> _attached = new();
    private readonly ConcurrentDictionary<string, IIpcDescriptor> _open = new();

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

    /// <summary>Whether the client has opened the object with a name.</summary>
    public bool HasOpened(string name) => _open.ContainsKey(name);

    /// <summary>The POSIX message queue with a name. The client opens each queue once.</summary>
    public ValueTask<IPosixMessageQueue> OpenQueueAsync(string name) =>
        OpenAsync(name, () => ipc.PosixMessageQueues.OpenAsync(name));

    /// <summary>The POSIX semaphore with a name. The client opens each semaphore once.</summary>
    public ValueTask<IPosixSemaphore> OpenSemaphoreAsync(string name) =>
        OpenAsync(name, () => ipc.PosixSemaphores.OpenAsync(name));

    /// <summary>One end of the FIFO with a path. The client opens each end once.</summary>
    public ValueTask<IFifo> OpenFifoAsync(string path, OpenFlags end) =>
        OpenAsync($"{path}:{end}", () => ipc.Fifos.OpenAsync(path, end));

    private async ValueTask<T> OpenAsync<T>(string name, Func<Task<T>> open)
        where T : class, IIpcDescriptor =>
        _open.TryGetValue(name, out var opened)
            ? (T)opened
            : (T)_open.GetOrAdd(name, await open().ConfigureAwait(false));
}
