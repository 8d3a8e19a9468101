using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests;

/// <summary>
/// The transport of the kernel in memory. It notes the calls, and adds the answers that the kernel does not have:
/// traces and the counters of a node.
/// </summary>
internal sealed class ObservedTransport(Tool tool) : IpcTransport
{
    private readonly InMemoryTransport _inner = new(tool.Kernel, ownsKernel: false);

    public override ValueTask DisposeAsync() => _inner.DisposeAsync();

    internal override async Task<IIpcStream> OpenAsync(string? node, CancellationToken cancellationToken) =>
        new Stream(await _inner.OpenAsync(node, cancellationToken), tool.Traffic);

    internal override Task<NodeStatReply> StatAsync(string? node, CancellationToken cancellationToken) =>
        tool.LateStats-- > 0
            ? Task.FromException<NodeStatReply>(new IpcConnectException(Errno.ETIMEDOUT, "nothing came within 5 s"))
            : Task.FromResult(tool.Node);

    internal override IAsyncEnumerable<TraceFrame> TraceAsync(
        string? node, TraceRequest request, CancellationToken cancellationToken) => tool.Trace(request);

    private sealed class Stream(IIpcStream inner, Traffic traffic) : IIpcStream
    {
        public async ValueTask WriteAsync(ClientFrame frame, CancellationToken cancellationToken)
        {
            traffic.BeforeWrite(frame);
            await inner.WriteAsync(frame, cancellationToken);
            traffic.AfterWrite(frame);
        }

        public async ValueTask<ServerFrame?> ReadAsync(CancellationToken cancellationToken)
        {
            var frame = await inner.ReadAsync(cancellationToken);
            if (frame is not null) traffic.AfterRead(frame);
            return frame;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
