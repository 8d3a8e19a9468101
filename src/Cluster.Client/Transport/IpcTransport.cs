using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// How frames travel between the client and the nodes: over TCP from outside of the cluster, through the shard region
/// from inside. The members are the concern of this product's own transports: an application is given one, for example
/// by the node that it runs in, and hands it to <see cref="IpcClient.Create(IpcTransport, IpcClientOptions)"/>.
/// </summary>
public abstract class IpcTransport : IAsyncDisposable
{
    /// <summary>Only this product derives from it.</summary>
    internal IpcTransport()
    {
    }

    /// <summary>Releases the connections of the transport.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>
    /// Opens a stream to a node. It may return before the node has answered: a stream that cannot be established
    /// fails its first read or write.
    /// </summary>
    /// <param name="node">The gateway address as results and Welcome name it; null: any node, another one on each
    /// attempt.</param>
    /// <param name="cancellationToken">Gives up the attempt.</param>
    internal abstract Task<IIpcStream> OpenAsync(string? node, CancellationToken cancellationToken);

    /// <summary>What a node says about itself.</summary>
    /// <param name="node">As for <see cref="OpenAsync"/>.</param>
    /// <param name="cancellationToken">Gives up the request.</param>
    internal abstract Task<NodeStatReply> StatAsync(string? node, CancellationToken cancellationToken);

    /// <summary>Traces a process or an object. The sequence fails when the stream is lost.</summary>
    /// <param name="node">As for <see cref="OpenAsync"/>.</param>
    /// <param name="request">Who traces, and what.</param>
    /// <param name="cancellationToken">Ends the trace.</param>
    internal abstract IAsyncEnumerable<TraceFrame> TraceAsync(
        string? node, TraceRequest request, CancellationToken cancellationToken);
}
