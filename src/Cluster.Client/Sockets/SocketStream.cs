using Cluster.Client.Descriptors;

namespace Cluster.Client;

/// <summary>An end of a connection as a stream.</summary>
internal sealed class SocketStream(ISocketConnection socket) : DescriptorStream(socket)
{
    private const int Piece = 1 << 20; // a send that waits is one call, so a long one keeps its bytes there and here

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.Length == 0 ? default : socket.ReceiveAsync(buffer, ReceiveFlags.None, null, cancellationToken);

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var piece = buffer.Length > Piece ? buffer[..Piece] : buffer;
            var sent = await socket.SendAsync(piece, null, cancellationToken).ConfigureAwait(false);
            buffer = buffer[sent..];
        }
    }
}
