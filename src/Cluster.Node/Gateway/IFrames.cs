using System.Net;
using Cluster.Protocol;

namespace Cluster.Node.Gateway;

/// <summary>A client's stream, over any transport. One reader and one writer may use it at the same time.</summary>
internal interface IFrames
{
    /// <summary>The other end.</summary>
    Caller Caller { get; }

    /// <summary>What the last frame that was read takes in memory, in bytes.</summary>
    long FrameBytes { get; }

    /// <summary>The client has a process.</summary>
    void Introduce();

    /// <summary>Closes the connection, or the stream if the connection has others, without a farewell.</summary>
    void Abort(string reason);

    /// <summary>Reads the next frame; null: the client ended the stream.</summary>
    /// <exception cref="FrameException">The received bytes are not a frame.</exception>
    /// <exception cref="IOException">The stream is lost.</exception>
    ValueTask<ClientFrame?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Writes a frame; completes once the next may be written.</summary>
    /// <remarks>
    /// The stream does not keep the frame while it waits for the client: the bytes that are written are held then, and
    /// the results would be there twice.
    /// </remarks>
    /// <exception cref="IOException">The stream is lost.</exception>
    ValueTask WriteAsync(ServerFrame frame, CancellationToken cancellationToken);
}
