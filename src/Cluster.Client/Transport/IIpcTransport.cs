using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>How frames travel between client and nodes: gRPC from outside, the shard region from inside.</summary>
public interface IIpcTransport : IAsyncDisposable
{
    /// <summary>
    /// Opens a stream to a node. It may return before the node has answered: a stream that cannot be established
    /// fails its first read or write.
    /// </summary>
    /// <param name="node">The gateway address as results and Welcome name it; null: any node, another one on each
    /// attempt.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    Task<IIpcStream> OpenAsync(string? node, CancellationToken cancellationToken);

    /// <summary>What a node says about itself.</summary>
    /// <param name="node">As for <see cref="OpenAsync"/>.</param>
    /// <param name="cancellationToken">Abandons the request.</param>
    Task<NodeStatReply> StatAsync(string? node, CancellationToken cancellationToken);

    /// <summary>Traces a process or an object. The sequence fails when the stream is lost.</summary>
    /// <param name="node">As for <see cref="OpenAsync"/>.</param>
    /// <param name="request">Who traces, and what.</param>
    /// <param name="cancellationToken">Ends the trace.</param>
    IAsyncEnumerable<TraceFrame> TraceAsync(string? node, TraceRequest request, CancellationToken cancellationToken);
}
