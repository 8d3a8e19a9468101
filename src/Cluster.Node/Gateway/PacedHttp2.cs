using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Cluster.Node.Gateway;

/// <summary>
/// What a connection of HTTP/2 sends, as fast as its <see cref="Pace"/> allows. It reads only the headers of frames. All
/// frames but those of DATA cost something, because HTTP/2 answers or remembers them; so do the smallest of DATA.
/// </summary>
internal sealed class PacedHttp2(PipeReader input, Pace pace) : PipeReader
{
    /// <summary>What a request costs, in units of <see cref="Pace"/>.</summary>
    internal const int RequestUnits = 10;

    private const int PrefaceBytes = 24;
    private const int HeaderBytes = 9;

    // Calls in a frame need more.
    private const int SmallestData = 16;

    // In one turn, so that none is much longer than what it costs.
    private const int UnitsOfTurn = 16;

    // Bytes after which other connections have their turn.
    private const int BytesOfTurn = 64 * 1024;

    private ReadOnlySequence<byte> _buffer; // as it was passed on
    private long _passed; // bytes at the start of what is unread that were passed on before
    private long _left = PrefaceBytes; // bytes of the present frame that were not passed on
    private long _turn;
    private bool _isWanted; // the reader has not examined all that was passed on

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var (length, units) = Scan(read.Buffer);
            if (length == _passed && !_isWanted && !read.IsCompleted && !read.IsCanceled)
            {
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            _buffer = read.IsCompleted ? read.Buffer : read.Buffer.Slice(0, length);
            _turn += _buffer.Length - _passed;
            _passed = _buffer.Length;
            if (units > 0) await pace.SpendAsync(units, cancellationToken);
            if (units >= UnitsOfTurn || _turn >= BytesOfTurn)
            {
                _turn = 0;
                await Task.Yield();
            }

            return new ReadResult(_buffer, read.IsCanceled, read.IsCompleted);
        }
    }

    // The reader asks again with ReadAsync.
    public override bool TryRead(out ReadResult result)
    {
        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _passed -= _buffer.Slice(0, consumed).Length;
        _isWanted = !_buffer.Slice(examined).IsEmpty;
        _buffer = default;
        input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    // How much of it may be passed on, and what that costs.
    private (long Length, int Units) Scan(ReadOnlySequence<byte> buffer)
    {
        var (length, units) = (_passed, 0);
        Span<byte> header = stackalloc byte[HeaderBytes];
        while (true)
        {
            var body = Math.Min(_left, buffer.Length - length);
            (length, _left) = (length + body, _left - body);
            if (_left > 0 || units >= UnitsOfTurn || buffer.Length - length < HeaderBytes) return (length, units);
            buffer.Slice(length, HeaderBytes).CopyTo(header);
            var size = (int)(BinaryPrimitives.ReadUInt32BigEndian(header) >> 8);
            units += Units(header[3], size);
            _left = HeaderBytes + size;
        }
    }

    private static int Units(byte type, int size) => type switch
    {
        0 when size >= SmallestData => 0, // DATA
        1 => RequestUnits, // HEADERS
        _ => 1,
    };
}
