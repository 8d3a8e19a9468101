using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>Frames to the sessions of an <see cref="InMemoryKernel"/>. Every node is the same kernel.</summary>
/// <param name="kernel">The kernel.</param>
/// <param name="ownsKernel">Whether the kernel ends with the client.</param>
internal sealed class InMemoryTransport(InMemoryKernel kernel, bool ownsKernel) : IpcTransport
{
    internal override Task<IIpcStream> OpenAsync(string? node, CancellationToken cancellationToken) =>
        Task.FromResult<IIpcStream>(kernel.Open());

    internal override Task<NodeStatReply> StatAsync(string? node, CancellationToken cancellationToken) =>
        Task.FromResult(kernel.Stat());

    internal override IAsyncEnumerable<TraceFrame> TraceAsync(
        string? node, TraceRequest request, CancellationToken cancellationToken) =>
        throw new IpcException(Errno.ENOSYS, "trace", "a kernel in memory keeps no traces");

    public override ValueTask DisposeAsync()
    {
        if (ownsKernel) kernel.Dispose();
        return ValueTask.CompletedTask;
    }
}
