using System.Buffers;
using System.IO.Pipelines;
using Cluster.Protocol;
using Google.Protobuf;
using Microsoft.AspNetCore.Connections;

namespace Cluster.Node.Gateway;

/// <summary>A client's stream on a bare connection, after its preface: see <see cref="FrameFormat"/>.</summary>
internal sealed class BareFrames : IFrames, IAsyncDisposable
{
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(30);

    private readonly ConnectionContext _connection;
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private readonly TimeProvider _time;
    private readonly ITimer _pings;
    // Held while something is written. What has to be said meanwhile does not wait for it: see Say.
    private readonly SemaphoreSlim _writing = new(1);
    private long _heardAt;
    private long _pingedAt;

    public BareFrames(ConnectionContext connection, TimeProvider time)
    {
        (_connection, _time) = (connection, time);
        (_input, _output) = (connection.Transport.Input, connection.Transport.Output);
        Caller = new Caller(connection.RemoteEndPoint);
        _heardAt = time.GetTimestamp();
        var tick = FrameFormat.PingDelay / 4;
        _pings = time.CreateTimer(static frames => ((BareFrames)frames!).Watch(), this, tick, tick);
    }

    public Caller Caller { get; }

    public async ValueTask<ClientFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await _input.ReadAsync(cancellationToken);
            Volatile.Write(ref _heardAt, _time.GetTimestamp());
            if (TryTake(read.Buffer, out var kind, out var body, out var rest))
            {
                var frame = kind == FrameKind.Data ? Parse(body) : null;
                _input.AdvanceTo(rest);
                if (frame is not null) return frame;
                if (kind == FrameKind.Ping) Say(FrameKind.Pong);
                continue;
            }

            _input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (!read.IsCompleted && !read.IsCanceled) continue;
            return read.Buffer.IsEmpty ? null : throw new IOException("the connection ended within a frame");
        }
    }

    public async ValueTask WriteAsync(ServerFrame frame, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            var size = frame.CalculateSize();
            WriteHeader(FrameKind.Data, size);
            frame.WriteTo(_output);
            await FlushAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    public ValueTask DisposeAsync() => _pings.DisposeAsync();

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

    private static ClientFrame Parse(ReadOnlySequence<byte> body)
    {
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
        if (_pingedAt > heardAt)
        {
            if (_time.GetElapsedTime(_pingedAt) >= FrameFormat.PingTimeout)
                _connection.Abort(new ConnectionAbortedException("the client does not answer"));
        }
        else if (_time.GetElapsedTime(heardAt) >= FrameFormat.PingDelay)
        {
            // Only what was said can go without an answer: if a frame is under way the next tick says it. How far that
            // frame has come does not show here, so a client that reads slowly has longer.
            var now = _time.GetTimestamp();
            if (Say(FrameKind.Ping)) _pingedAt = now;
            else if (_time.GetElapsedTime(heardAt) >= StallTimeout)
                _connection.Abort(new ConnectionAbortedException("the client does not read"));
        }
    }

    // A pong that finds a frame under way is not missed: that frame is a sign of life as well.
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
            WriteHeader(kind, 0);
            await FlushAsync(CancellationToken.None);
        }
        catch (Exception exception) when (SessionPump.IsLoss(exception))
        {
            // The reader finds out as well.
        }
        finally
        {
            _writing.Release();
        }
    }
}
