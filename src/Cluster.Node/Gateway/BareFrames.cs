using System.Buffers;
using System.IO.Pipelines;
using Cluster.Protocol;
using Google.Protobuf;
using Microsoft.AspNetCore.Connections;

namespace Cluster.Node.Gateway;

/// <summary>
/// A client's stream on a bare connection, after the preface. <see cref="FrameFormat"/> describes the format.
/// </summary>
internal sealed class BareFrames : IFrames, IAsyncDisposable
{
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(30);

    private readonly ConnectionContext _connection;
    private readonly FrameReader _input;
    private readonly PipeWriter _output;
    private readonly TimeProvider _time;
    private readonly Pace _pace;
    private readonly ITimer _pings;
    // Taken while something is written. A ping or pong does not wait for it: see Say.
    private readonly SemaphoreSlim _writing = new(1);
    private int _owesPong; // 1: a ping came while a frame was written, and has no pong yet
    private bool _isFirst = true;
    private long _heardAt;
    private long _pingedAt;
    private volatile bool _isReading;

    public BareFrames(ConnectionContext connection, ClientBounds bounds)
    {
        var time = bounds.Time;
        (_connection, _time, _pace) = (connection, time, bounds.NewPace());
        _input = new FrameReader(connection.Transport.Input, bounds.LargeFrames, time);
        _output = connection.Transport.Output;
        Caller = Caller.Of(connection.Features, connection.RemoteEndPoint);
        _heardAt = time.GetTimestamp();
        var tick = FrameFormat.PingDelay / 4;
        _pings = time.CreateTimer(static frames => ((BareFrames)frames!).Watch(), this, tick, tick);
    }

    public Caller Caller { get; }

    public long FrameBytes { get; private set; }

    public void Introduce() => _connection.Features.Get<ConnectionPass>()?.Introduce();

    public async ValueTask<ClientFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Volatile.Write(ref _heardAt, _time.GetTimestamp());
            _isReading = true;
            var read = await _input.ReadAsync(cancellationToken);
            _isReading = false;
            Volatile.Write(ref _heardAt, _time.GetTimestamp());
            if (TryTake(read.Buffer, out var kind, out var body, out var rest))
            {
                var frame = kind == FrameKind.Data ? Parse(body) : null;
                _input.AdvanceTo(rest);
                // A frame with calls costs nothing here: its session slows its client.
                if (frame is not { Calls.Count: > 0 }) await _pace.SpendAsync(1, cancellationToken);
                if (frame is not null) return frame;
                if (kind == FrameKind.Ping) AnswerPing();
                continue;
            }

            _input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (!read.IsCompleted && !read.IsCanceled) continue;
            return read.Buffer.IsEmpty ? null : throw new IOException("the connection ended within a frame");
        }
    }

    public void Abort(string reason) => _connection.Abort(new ConnectionAbortedException(reason));

    public ValueTask WriteAsync(ServerFrame frame, CancellationToken cancellationToken)
    {
        if (!_writing.Wait(0, CancellationToken.None)) return WriteLaterAsync(frame, cancellationToken);
        Write(frame);
        return FinishAsync(cancellationToken);
    }

    // A ping or a pong is being written.
    private async ValueTask WriteLaterAsync(ServerFrame frame, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        Write(frame);
        frame = null!;
        await FinishAsync(cancellationToken);
    }

    private void Write(ServerFrame frame)
    {
        try
        {
            WriteHeader(FrameKind.Data, frame.CalculateSize());
            frame.WriteTo(_output);
        }
        catch
        {
            _writing.Release();
            throw;
        }
    }

    private async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        try
        {
            await FlushAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }

        PayPong();
    }

    public ValueTask DisposeAsync()
    {
        _input.Dispose();
        return _pings.DisposeAsync();
    }

    private static bool TryTake(
        ReadOnlySequence<byte> buffer, out FrameKind kind, out ReadOnlySequence<byte> body, out SequencePosition rest)
    {
        (kind, body, rest) = (default, default, default);
        if (buffer.Length < FrameFormat.HeaderBytes) return false;
        Span<byte> header = stackalloc byte[FrameFormat.HeaderBytes];
        buffer.Slice(0, FrameFormat.HeaderBytes).CopyTo(header);
        (kind, var length) = FrameFormat.ReadHeader(header);
        if (buffer.Length < FrameFormat.HeaderBytes + length) return false;
        body = buffer.Slice(FrameFormat.HeaderBytes, length);
        rest = body.End;
        return true;
    }

    private ClientFrame Parse(ReadOnlySequence<byte> body)
    {
        var parts = FrameScan.Count(body, _isFirst ? Bounds.HelloParts : Bounds.FrameParts);
        FrameBytes = body.Length + parts * (long)Bounds.PartBytes;
        _isFirst = false;
        try
        {
            return ClientFrame.Parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new FrameException($"a frame is a ClientFrame, and this one is not: {exception.Message}");
        }
    }

    private void WriteHeader(FrameKind kind, int length)
    {
        FrameFormat.WriteHeader(_output.GetSpan(FrameFormat.HeaderBytes), kind, length);
        _output.Advance(FrameFormat.HeaderBytes);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var flushed = await _output.FlushAsync(cancellationToken);
        if (flushed.IsCompleted) throw new IOException("the client is gone");
    }

    private void Watch()
    {
        var heardAt = Volatile.Read(ref _heardAt);
        if ((!_isReading || _input.AwaitsRoom) && _time.GetElapsedTime(heardAt) >= FrameFormat.PingDelay / 2
            && Say(FrameKind.Ping))
        {
            // The node does not read now, so it cannot hear an answer. The ping tells the client that the node is there.
            Volatile.Write(ref _heardAt, _time.GetTimestamp());
        }
        else if (_pingedAt > heardAt)
        {
            if (_time.GetElapsedTime(_pingedAt) >= FrameFormat.PingTimeout)
                _connection.Abort(new ConnectionAbortedException("the client does not answer"));
        }
        else if (_time.GetElapsedTime(heardAt) >= FrameFormat.PingDelay)
        {
            // Only a ping that was sent can go unanswered. While a frame is being written the next tick tries again.
            // The progress of that frame is not visible here, so a client that reads slowly has more time.
            var now = _time.GetTimestamp();
            if (Say(FrameKind.Ping)) _pingedAt = now;
            else if (_time.GetElapsedTime(heardAt) >= StallTimeout)
                _connection.Abort(new ConnectionAbortedException("the client does not read"));
        }
    }

    // Every ping has a pong, which precedes every frame that follows the ping. Pings that come while a frame is written
    // share one pong.
    private void AnswerPing()
    {
        Volatile.Write(ref _owesPong, 1);
        PayPong();
    }

    // The reader calls this after it has set the debt, the writer after it has released the semaphore. So whichever is
    // last finds both the debt and the semaphore.
    private void PayPong()
    {
        if (Volatile.Read(ref _owesPong) == 1 && _writing.Wait(0)) _ = SayAsync(FrameKind.Pong);
    }

    private bool Say(FrameKind kind)
    {
        if (!_writing.Wait(0)) return false;
        _ = SayAsync(kind);
        return true;
    }

    private async Task SayAsync(FrameKind kind)
    {
        try
        {
            if (kind == FrameKind.Pong) Volatile.Write(ref _owesPong, 0);
            WriteHeader(kind, 0);
            await FlushAsync(CancellationToken.None);
        }
        catch (Exception exception) when (SessionPump.IsLoss(exception))
        {
            // The reader notices the loss too.
        }
        finally
        {
            _writing.Release();
        }

        PayPong();
    }
}
