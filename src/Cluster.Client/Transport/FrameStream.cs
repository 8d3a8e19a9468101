using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client;

/// <summary>
/// Frames on a bare connection, over TCP, TLS or a Unix socket: a call passes fewer threads than with gRPC.
/// </summary>
internal sealed class FrameStream : IIpcStream
{
    private const int BufferBytes = 64 * 1024;

    private static readonly TimeSpan StallTimeout = FrameFormat.PingDelay + FrameFormat.PingTimeout;

    private readonly Socket _socket;
    private readonly SslStream? _tls;
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

    private FrameStream(Socket socket, SslStream? tls, TimeProvider time)
    {
        (_socket, _tls, _time) = (socket, tls, time);
        _heardAt = time.GetTimestamp();
        var tick = FrameFormat.PingDelay / 4;
        _pings = time.CreateTimer(static stream => ((FrameStream)stream!).Watch(), this, tick, tick);
    }

    /// <summary>Connects.</summary>
    /// <returns>Null: the server at this address speaks another protocol.</returns>
    /// <exception cref="SocketException">No server listens at this address.</exception>
    /// <exception cref="IOException">A file of the options cannot be used, or the connection is lost.</exception>
    /// <exception cref="AuthenticationException">The two do not agree on TLS, or do not trust each other.</exception>
    public static async Task<FrameStream?> ConnectAsync(
        Uri node, IpcTlsOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = GatewayAddress.IsUnix(node)
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? tls = null;
        try
        {
            await ConnectAsync(socket, node, cancellationToken).ConfigureAwait(false);
            if (node.Scheme == Uri.UriSchemeHttps)
            {
                tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
                // h2: whoever is in front of the node may speak HTTP/2 only.
                var terms = TlsTerms.Of(options, node.IdnHost, FrameFormat.TlsProtocol, SslApplicationProtocol.Http2);
                await tls.AuthenticateAsClientAsync(terms, cancellationToken).ConfigureAwait(false);
            }

            var stream = new FrameStream(socket, tls, time);
            if (tls is { NegotiatedApplicationProtocol: var protocol } && protocol != FrameFormat.TlsProtocol
                || !await stream.GreetAsync(cancellationToken).ConfigureAwait(false))
            {
                await stream.DisposeAsync().ConfigureAwait(false);
                return null;
            }

            return stream;
        }
        catch
        {
            if (tls is not null) await tls.DisposeAsync().ConfigureAwait(false);
            socket.Dispose();
            throw;
        }
    }

    private static ValueTask ConnectAsync(Socket socket, Uri node, CancellationToken cancellationToken) =>
        GatewayAddress.IsUnix(node)
            ? socket.ConnectAsync(new UnixDomainSocketEndPoint(GatewayAddress.PathOf(node)), cancellationToken)
            : socket.ConnectAsync(node.IdnHost, node.Port, cancellationToken);

    // False: the other side does not answer as a gateway does.
    private async Task<bool> GreetAsync(CancellationToken cancellationToken)
    {
        var preface = FrameFormat.Preface.ToArray();
        await SendAsync(preface, cancellationToken).ConfigureAwait(false);
        var read = 0;
        while (read < preface.Length)
        {
            var count = await ReceiveAsync(preface.AsMemory(read), cancellationToken).ConfigureAwait(false);
            read += count;
            // It has agreed to speak frames, so it is a gateway.
            if (count == 0 && _tls is not null)
                throw new IOException("the node ended the connection: it does not take the certificate, or is full");
            if (count == 0 || !FrameFormat.Preface.StartsWith(preface.AsSpan(0, read))) return false;
        }

        return true;
    }

    private ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken cancellationToken) =>
        _tls is null ? _socket.ReceiveAsync(room, cancellationToken) : _tls.ReadAsync(room, cancellationToken);

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
        if (_tls is not null) await _tls.DisposeAsync().ConfigureAwait(false);
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

        var count = await ReceiveAsync(_input.AsMemory(_end), cancellationToken).ConfigureAwait(false);
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
            if (_tls is null)
            {
                bytes = bytes[await _socket.SendAsync(piece, cancellationToken).ConfigureAwait(false)..];
            }
            else
            {
                await _tls.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
                bytes = bytes[piece.Length..];
            }

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
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            // The reader finds the same error.
        }
        finally
        {
            _writing.Release();
        }
    }
}
