using System.Net;
using Cluster.Protocol;

namespace Cluster.Node.Gateway;

/// <summary>A client's stream, whatever carries it. One reader and one writer use it at the same time.</summary>
internal interface IFrames
{
    /// <summary>Who is at the other end.</summary>
    Caller Caller { get; }

    /// <summary>The next frame; null: the client ended the stream.</summary>
    /// <exception cref="FrameException">What came is not a frame.</exception>
    /// <exception cref="IOException">The stream is lost.</exception>
    ValueTask<ClientFrame?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Writes a frame; completes once the next may be written.</summary>
    /// <exception cref="IOException">The stream is lost.</exception>
    ValueTask WriteAsync(ServerFrame frame, CancellationToken cancellationToken);
}
