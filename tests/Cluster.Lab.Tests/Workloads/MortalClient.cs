using Cluster.Client;

namespace Cluster.Lab.Tests.Workloads;

/// <summary>A client that can be made to lose its process: the process ends, and every further call says so.</summary>
internal sealed class MortalClient(IIpcClient client) : IIpcClient
{
    private volatile bool _isDead;

    public event EventHandler<IpcStateChange>? StateChanged
    {
        add => client.StateChanged += value;
        remove => client.StateChanged -= value;
    }

    public int Pid => client.Pid;

    public uint Uid => client.Uid;

    public uint Gid => client.Gid;

    public IpcConnectionState State => client.State;

    public IMessageQueues MessageQueues => Living.MessageQueues;

    public ISemaphoreSets SemaphoreSets => Living.SemaphoreSets;

    public ISharedMemorySegments SharedMemorySegments => Living.SharedMemorySegments;

    public INamespace Namespace => Living.Namespace;

    private IIpcClient Living => _isDead ? throw new IpcSessionLostException("call", "made to die") : client;

    public async Task DieAsync()
    {
        _isDead = true;
        await client.DisposeAsync();
    }

    public Task<NodeStatus> StatAsync(CancellationToken cancellationToken = default) =>
        client.StatAsync(cancellationToken);

    public IAsyncEnumerable<IpcTraceFrame> TraceProcessAsync(int pid, CancellationToken cancellationToken = default) =>
        client.TraceProcessAsync(pid, cancellationToken);

    public IAsyncEnumerable<IpcTraceFrame> TraceObjectAsync(
        IpcObjectKind kind, int id, CancellationToken cancellationToken = default) =>
        client.TraceObjectAsync(kind, id, cancellationToken);

    public ValueTask DisposeAsync() => client.DisposeAsync();
}
