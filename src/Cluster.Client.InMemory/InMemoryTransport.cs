using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>Frames to the sessions of an <see cref="InMemoryKernel"/>. Every node is the same kernel.</summary>
/// <param name="kernel">The kernel.</param>
/// <param name="ownsKernel">Whether the kernel ends with the client.</param>
internal sealed class InMemoryTransport(InMemoryKernel kernel, bool ownsKernel) : IIpcTransport
{
    public Task<IIpcStream> OpenAsync(string? node, CancellationToken cancellationToken) =>
        Task.FromResult<IIpcStream>(kernel.Open());

    public Task<NodeStatReply> StatAsync(string? node, CancellationToken cancellationToken) =>
        Task.FromResult(kernel.Stat());

    public IAsyncEnumerable<TraceFrame> TraceAsync(
        string? node, TraceRequest request, CancellationToken cancellationToken) =>
        throw new IpcException(Errno.ENOSYS, "trace", "a kernel in memory keeps no traces");

    public ValueTask DisposeAsync()
    {
        if (ownsKernel) kernel.Dispose();
        return ValueTask.CompletedTask;
    }
}
