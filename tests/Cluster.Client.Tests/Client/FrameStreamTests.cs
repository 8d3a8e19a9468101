using System.Net;
using System.Net.Sockets;
using Cluster.Protocol;
using Google.Protobuf;
using SocketShutdown = System.Net.Sockets.SocketShutdown;

namespace Cluster.Client.Tests.Client;

/// <summary>The client's half of bare frames, against a node that the test controls.</summary>
public sealed class FrameStreamTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpListener _node = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _patience = new(Patience);
    private readonly ManualTime _time = new();

    public FrameStreamTests() => _node.Start();

    public void Dispose()
    {
        _node.Dispose();
        _patience.Dispose();
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("IPC/2\r\n")]
    [InlineData("IPC")]
    [InlineData("")]
    public async Task A_server_with_another_preface_has_another_protocol(string answer)
    {
        var connecting = FrameStream.ConnectAsync(Address, new IpcTlsOptions(), _time, _patience.Token);
        using (var peer = await _node.AcceptSocketAsync(_patience.Token))
        {
            Assert.Equal("IPC/1\r\n", await ReceiveAsync(peer, 7));
            await peer.SendAsync(System.Text.Encoding.ASCII.GetBytes(answer), _patience.Token);
        }

        Assert.Null(await connecting);
    }

    [Fact]
    public async Task A_refused_connection_is_an_exception()
    {
        var address = Address;
        _node.Stop();
        await Assert.ThrowsAsync<SocketException>(() => FrameStream.ConnectAsync(address, new IpcTlsOptions(), _time, _patience.Token));
    }

    [Fact]
    public async Task Frames_of_any_size_survive_any_split_into_reads()
    {
        var (stream, peer) = await ConnectAsync();
        await using var owned = stream;
        using var other = peer;
        var sizes = new[] { 0, 1, 100, 65_530, 65_536, 300_000, 5, 1_000_000, 0 };
        var bytes = sizes.SelectMany(size => Frame(FrameOf(size))).ToArray();
        var sending = Task.Run(async () =>
        {
            var random = new Random(1);
            for (var at = 0; at < bytes.Length;)
            {
                var count = Math.Min(
                    random.Next(3) == 0 ? random.Next(1, 8) : random.Next(1, 100_000), bytes.Length - at);
                at += await peer.SendAsync(bytes.AsMemory(at, count), _patience.Token);
            }

            peer.Shutdown(SocketShutdown.Send);
        });
        foreach (var size in sizes) Assert.Equal(FrameOf(size), await stream.ReadAsync(_patience.Token));
        Assert.Null(await stream.ReadAsync(_patience.Token));
        await sending;
    }

    [Fact]
    public async Task An_end_of_stream_within_a_frame_is_an_error()
    {
        var (stream, peer) = await ConnectAsync();
        await using var owned = stream;
        using (peer)
        {
            await peer.SendAsync(Frame(FrameOf(100)).AsMemory(0, 50), _patience.Token);
            peer.Shutdown(SocketShutdown.Send);
            await Assert.ThrowsAsync<FrameException>(() => stream.ReadAsync(_patience.Token).AsTask());
        }
    }

    [Fact]
    public async Task A_silent_node_gets_a_ping_and_then_loses_the_connection()
    {
        var (stream, peer) = await ConnectAsync();
        await using var owned = stream;
        using var other = peer;
        var reading = stream.ReadAsync(_patience.Token).AsTask();
        _time.Advance(FrameFormat.PingDelay);
        Assert.Equal("\u0001\0\0\0\0", await ReceiveAsync(peer, FrameFormat.HeaderBytes));
        Assert.False(reading.IsCompleted);
        _time.Advance(FrameFormat.PingTimeout + FrameFormat.PingDelay / 4);
        await Assert.ThrowsAnyAsync<Exception>(() => reading);
    }

    [Fact]
    public async Task A_ping_that_could_not_be_sent_is_sent_later()
    {
        var (stream, peer) = await ConnectAsync();
        await using var owned = stream;
        using var other = peer;
        var reading = stream.ReadAsync(_patience.Token).AsTask();
        var writing = stream.WriteAsync(Large, _patience.Token).AsTask();
        _time.Advance(FrameFormat.PingDelay);
        var size = FrameFormat.HeaderBytes + Large.CalculateSize();
        Assert.Equal(size, (await ReceiveAsync(peer, size)).Length);
        await writing;
        Assert.False(reading.IsCompleted);
        _time.Advance(FrameFormat.PingDelay / 4);
        Assert.Equal("\u0001\0\0\0\0", await ReceiveAsync(peer, FrameFormat.HeaderBytes));
        await peer.SendAsync(Frame(FrameOf(3)), _patience.Token);
        Assert.Equal(FrameOf(3), await reading);
    }

    [Fact]
    public async Task A_node_that_does_not_read_loses_the_connection()
    {
        var (stream, peer) = await ConnectAsync();
        await using var owned = stream;
        using var other = peer;
        var reading = stream.ReadAsync(_patience.Token).AsTask();
        var writing = stream.WriteAsync(Large, _patience.Token).AsTask();
        while (!reading.IsCompleted)
        {
            _time.AdvanceToTimerWithin(FrameFormat.PingDelay);
            await Task.Yield();
        }

        await Assert.ThrowsAnyAsync<Exception>(() => reading);
        await Assert.ThrowsAnyAsync<Exception>(() => writing);
    }

    [Fact]
    public async Task A_ping_is_answered()
    {
        var (stream, peer) = await ConnectAsync();
        await using var owned = stream;
        using var other = peer;
        var reading = stream.ReadAsync(_patience.Token).AsTask();
        await peer.SendAsync(new byte[] { (byte)FrameKind.Ping, 0, 0, 0, 0 }, _patience.Token);
        Assert.Equal("\u0002\0\0\0\0", await ReceiveAsync(peer, FrameFormat.HeaderBytes));
        Assert.False(reading.IsCompleted);
        await peer.SendAsync(Frame(FrameOf(3)), _patience.Token);
        Assert.Equal(FrameOf(3), await reading);
    }

    // More than all buffers on the way: it is under way for as long as the node does not read.
    private static ClientFrame Large { get; } = new()
    {
        Hello = new Hello
        {
            KnownProcess = new KnownProcess { Token = ByteString.CopyFrom(new byte[Bounds.MessageBytes]) },
        },
    };

    private Uri Address => new($"http://{_node.LocalEndpoint}");

    private async Task<(FrameStream Stream, Socket Node)> ConnectAsync()
    {
        var connecting = FrameStream.ConnectAsync(Address, new IpcTlsOptions(), _time, _patience.Token);
        var peer = await _node.AcceptSocketAsync(_patience.Token);
        await ReceiveAsync(peer, FrameFormat.Preface.Length);
        await peer.SendAsync(FrameFormat.Preface.ToArray(), _patience.Token);
        return ((await connecting)!, peer);
    }

    private async Task<string> ReceiveAsync(Socket peer, int length)
    {
        var bytes = new byte[length];
        for (var read = 0; read < length;)
        {
            var count = await peer.ReceiveAsync(bytes.AsMemory(read), _patience.Token);
            Assert.NotEqual(0, count);
            read += count;
        }

        return System.Text.Encoding.Latin1.GetString(bytes);
    }

    private static ServerFrame FrameOf(int size)
    {
        var text = new byte[size];
        new Random(size).NextBytes(text);
        return new ServerFrame { Welcome = new Welcome { Token = ByteString.CopyFrom(text) } };
    }

    private static byte[] Frame(ServerFrame frame)
    {
        var body = frame.ToByteArray();
        var bytes = new byte[FrameFormat.HeaderBytes + body.Length];
        FrameFormat.WriteHeader(bytes, FrameKind.Data, body.Length);
        body.CopyTo(bytes, FrameFormat.HeaderBytes);
        return bytes;
    }
}
