using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// One stream of frames, in order, both ways. One reader and one writer use it at the same time. An exception from a
/// read or a write means that the stream is lost. A frame that was written belongs to the stream: the client does not
/// change it afterwards, and the contents of its messages are copies that the receiver may keep.
/// </summary>
internal interface IIpcStream : IAsyncDisposable
{
    /// <summary>
    /// Completes when it is known whether a gateway is at the other end: true when the gateway has answered, although
    /// it may not let the process in yet. A client has less patience with what may be no gateway.
    /// </summary>
    Task<bool> HasGateway => Task.FromResult(true);

    /// <summary>Writes one frame; completes when the next one may be written.</summary>
    ValueTask WriteAsync(ClientFrame frame, CancellationToken cancellationToken);

    /// <summary>The next frame; null when the node ended the stream.</summary>
    ValueTask<ServerFrame?> ReadAsync(CancellationToken cancellationToken);
}
