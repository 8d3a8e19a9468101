using System.Buffers;
using System.Net.Sockets;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client;

/// <summary>Frames on a bare TCP connection: a call passes fewer threads than with gRPC.</summary>
internal sealed class FrameStream : IIpcStream
{
    private const int BufferBytes = 64 * 1024;

    private static readonly TimeSpan StallTimeout = FrameFormat.PingDelay + FrameFormat.PingTimeout;

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly ITimer _pings;
    // Held while a frame is written. A ping or pong that is due meanwhile does not wait for it: see TrySend.
    private readonly SemaphoreSlim _writing = new(1);
    private readonly byte[] _ping = new byte[FrameFormat.HeaderBytes];
    private byte[] _input = new byte[BufferBytes];
    private byte[] _output = new byte[BufferBytes];
    private int _begin;
    private int _end;
    private long _heardAt;
    private long _sentAt;
    private long _pingedAt;

    private FrameStream(Socket socket, TimeProvider time)
    {
        (_socket, _time) = (socket, time);
        _heardAt = time.GetTimestamp();
        var tick = FrameFormat.PingDelay / 4;
        _pings = time.CreateTimer(static stream => ((FrameStream)stream!).Watch(), this, tick, tick);
    }

    /// <summary>Connects.</summary>
    /// <returns>Null: the server at this address speaks another protocol.</returns>
    /// <exception cref="SocketException">No server listens at this address.</exception>
    public static async Task<FrameStream?> ConnectAsync(
        Uri node, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(node.IdnHost, node.Port, cancellationToken).ConfigureAwait(false);
            var preface = FrameFormat.Preface.ToArray();
            await socket.SendAsync(preface, cancellationToken).ConfigureAwait(false);
            var read = 0;
            while (read < preface.Length)
            {
                var count = await socket.ReceiveAsync(preface.AsMemory(read), cancellationToken).ConfigureAwait(false);
                read += count;
                if (count != 0 && FrameFormat.Preface.StartsWith(preface.AsSpan(0, read))) continue;
                socket.Dispose();
                return null;
            }

            return new FrameStream(socket, time);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async ValueTask WriteAsync(ClientFrame frame, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var size = frame.CalculateSize();
            var output = FrameFormat.HeaderBytes + size <= _output.Length
                ? _output
                : new byte[FrameFormat.HeaderBytes + size];
            FrameFormat.WriteHeader(output, FrameKind.Data, size);
            frame.WriteTo(output.AsSpan(FrameFormat.HeaderBytes, size));
            await SendAsync(output.AsMemory(0, FrameFormat.HeaderBytes + size), cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    public async ValueTask<ServerFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_end - _begin < FrameFormat.HeaderBytes)
            {
                if (!await FillAsync(FrameFormat.HeaderBytes, cancellationToken).ConfigureAwait(false)) return null;
                continue;
            }

            var (kind, length) = FrameFormat.ReadHeader(_input.AsSpan(_begin));
            if (_end - _begin < FrameFormat.HeaderBytes + length)
            {
                if (!await FillAsync(FrameFormat.HeaderBytes + length, cancellationToken).ConfigureAwait(false))
                    throw new FrameException("the connection ended within a frame");
                continue;
            }

            var frame = _input.AsSpan(_begin + FrameFormat.HeaderBytes, length);
            _begin += FrameFormat.HeaderBytes + length;
            if (kind == FrameKind.Data) return ServerFrame.Parser.ParseFrom(frame);
            if (kind == FrameKind.Ping) TrySend(FrameKind.Pong);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _pings.DisposeAsync().ConfigureAwait(false);
        _socket.Dispose();
    }

    // Makes room for a frame of the size that is under way. The buffer of a large frame is not kept.
    private async ValueTask<bool> FillAsync(int bytes, CancellationToken cancellationToken)
    {
        if (_begin == _end) (_begin, _end) = (0, 0);
        var isTooSmall = bytes > _input.Length;
        if (isTooSmall || _begin + bytes > _input.Length || (_input.Length > BufferBytes && bytes <= BufferBytes))
        {
            var room = isTooSmall || (_input.Length > BufferBytes && _end - _begin <= BufferBytes)
                ? new byte[Math.Max(bytes, BufferBytes)]
                : _input;
            _input.AsSpan(_begin, _end - _begin).CopyTo(room);
            (_input, _begin, _end) = (room, 0, _end - _begin);
        }

        var count = await _socket.ReceiveAsync(_input.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _heardAt, _time.GetTimestamp());
        _end += count;
        return count > 0;
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        // In pieces: each piece that is written shows that the node still reads.
        while (bytes.Length > 0)
        {
            var piece = bytes[..Math.Min(bytes.Length, BufferBytes)];
            bytes = bytes[await _socket.SendAsync(piece, cancellationToken).ConfigureAwait(false)..];
            Volatile.Write(ref _sentAt, _time.GetTimestamp());
        }
    }

    private void Watch()
    {
        var heardAt = Volatile.Read(ref _heardAt);
        if (_pingedAt > heardAt)
        {
            // The reader finds the socket closed.
            if (_time.GetElapsedTime(_pingedAt) >= FrameFormat.PingTimeout) _socket.Dispose();
        }
        else if (_time.GetElapsedTime(heardAt) >= FrameFormat.PingDelay)
        {
            // Only a ping that was sent can stay unanswered. While a frame is written the ping waits for the next tick,
            // unless the frame does not move either.
            var now = _time.GetTimestamp();
            if (TrySend(FrameKind.Ping)) _pingedAt = now;
            else if (_time.GetElapsedTime(Math.Max(heardAt, Volatile.Read(ref _sentAt))) >= StallTimeout)
                _socket.Dispose();
        }
    }

    // A pong may be left out while a frame is written: the frame is a sign of life as well.
    private bool TrySend(FrameKind kind)
    {
        if (!_writing.Wait(0)) return false;
        _ = SendAloneAsync(kind);
        return true;
    }

    private async Task SendAloneAsync(FrameKind kind)
    {
        try
        {
            FrameFormat.WriteHeader(_ping, kind, 0);
            await SendAsync(_ping, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The reader finds the same error.
        }
        finally
        {
            _writing.Release();
        }
    }
}
