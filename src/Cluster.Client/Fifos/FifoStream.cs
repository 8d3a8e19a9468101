using Cluster.Client.Descriptors;

namespace Cluster.Client;

/// <summary>
/// A FIFO as a stream. A write returns when all bytes have entered; a read returns 0 at the end.
/// </summary>
internal sealed class FifoStream(IFifo fifo) : DescriptorStream(fifo)
{
    private const int Piece = 1 << 20; // the largest capacity, so that one call can fill a FIFO

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        fifo.ReadAsync(buffer.Length > Piece ? buffer[..Piece] : buffer, null, cancellationToken);

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var piece = buffer.Length > Piece ? buffer[..Piece] : buffer;
            var written = await fifo.WriteAsync(piece, null, cancellationToken).ConfigureAwait(false);
            buffer = buffer[written..];
        }
    }
}
