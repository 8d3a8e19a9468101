using Cluster.Client.Descriptors;

namespace Cluster.Client;

/// <summary>
/// An end of a connection as a stream. As a NetworkStream it fails with an <see cref="IOException"/>, which has the
/// <see cref="IpcException"/> inside: so HttpClient knows a connection that is over.
/// </summary>
internal sealed class SocketStream(ISocketConnection socket) : DescriptorStream(socket)
{
    private const int Piece = 1 << 20; // a send that waits is one call, so a long one keeps its bytes there and here

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0)
            return 0;
        try
        {
            return await socket.ReceiveAsync(buffer, ReceiveFlags.None, null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IpcException or IpcConnectException)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (buffer.Length > 0)
            {
                var piece = buffer.Length > Piece ? buffer[..Piece] : buffer;
                var sent = await socket.SendAsync(piece, null, cancellationToken).ConfigureAwait(false);
                buffer = buffer[sent..];
            }
        }
        catch (Exception exception) when (exception is IpcException or IpcConnectException)
        {
            throw new IOException(exception.Message, exception);
        }
    }
}
