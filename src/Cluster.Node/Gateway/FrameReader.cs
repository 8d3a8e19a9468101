using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Cluster.Protocol;

namespace Cluster.Node.Gateway;

/// <summary>
/// Bounds the bytes that one stream has in the node before its frames are complete: the first frame is small, and a
/// large one waits for its share of <see cref="LargeFrames"/> and has to arrive in time. Bare frames and the messages of
/// gRPC have headers of one form: a byte and a length of 4 bytes, big-endian.
/// </summary>
internal sealed class FrameReader(PipeReader input, LargeFrames large, TimeProvider time) : PipeReader, IDisposable
{
    // A client over a slow line needs some time for a large frame: at 2 Mbit/s.
    private const long BytesPerSecond = 256 * 1024;

    private static readonly TimeSpan LargeFrameTimeout = TimeSpan.FromSeconds(10);

    private ITimer? _timer;
    private ReadOnlySequence<byte> _buffer;
    private long _wanted; // bytes that the present frame needs before more of it is read; 0: none
    private long _taken; // bytes that it has
    private bool _isFirst = true;
    private bool _isSign; // a ping or a pong, which is no first frame
    private volatile bool _isLate;
    private bool _awaitsRoom;

    /// <summary>Nothing is read now: a large frame waits for those of other clients.</summary>
    public bool AwaitsRoom
    {
        get => Volatile.Read(ref _awaitsRoom);
        private set => Volatile.Write(ref _awaitsRoom, value);
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (_wanted > 0)
        {
            AwaitsRoom = true;
            await large.TakeAsync(_wanted, cancellationToken);
            AwaitsRoom = false;
            (_taken, _wanted) = (_wanted, 0);
            var timeout = LargeFrameTimeout + TimeSpan.FromSeconds(_taken / BytesPerSecond);
            _timer = time.CreateTimer(static reader => ((FrameReader)reader!).Late(), this, timeout,
                Timeout.InfiniteTimeSpan);
        }

        var read = await input.ReadAsync(cancellationToken);
        return Look(read);
    }

    public override bool TryRead(out ReadResult result)
    {
        result = default;
        if (_wanted > 0 || !input.TryRead(out result)) return false;
        result = Look(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var isDone = !_buffer.IsEmpty && _buffer.GetOffset(consumed) > _buffer.GetOffset(_buffer.Start);
        _buffer = default;
        input.AdvanceTo(consumed, examined);
        if (!isDone) return;
        _isFirst &= _isSign;
        _wanted = 0;
        Dispose();
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    /// <summary>Returns the bytes of a frame that was not completed.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        _timer = null;
        if (Interlocked.Exchange(ref _taken, 0) is > 0 and var taken) large.Return(taken);
    }

    private ReadResult Look(ReadResult read)
    {
        if (_isLate)
            throw new FrameException("a large frame has to arrive in 10 s and 1 s more for each 256 KiB, and this one has not");
        _buffer = read.Buffer;
        if (_buffer.Length < FrameFormat.HeaderBytes) return read;
        Span<byte> header = stackalloc byte[FrameFormat.HeaderBytes];
        _buffer.Slice(0, FrameFormat.HeaderBytes).CopyTo(header);
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        _isSign = length == 0 && header[0] != 0;
        if (length <= Bounds.HelloBytes) return read;
        if (_isFirst) throw Refuse(FrameException.HelloTooLarge());
        // The reader of frames refuses a frame that is larger than all bounds.
        if (length > Bounds.FrameBytes || _taken > 0 || _buffer.Length >= FrameFormat.HeaderBytes + length) return read;
        _wanted = length;
        return read;
    }

    private FrameException Refuse(FrameException exception)
    {
        input.AdvanceTo(_buffer.Start);
        return exception;
    }

    private void Late()
    {
        _isLate = true;
        input.CancelPendingRead();
    }
}
