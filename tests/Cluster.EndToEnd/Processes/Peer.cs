using System.Net.Sockets;
using Cluster.Protocol;
using Google.Protobuf;
using SocketShutdown = System.Net.Sockets.SocketShutdown;

namespace Cluster.EndToEnd.Processes;

/// <summary>A raw connection to a gateway: it sends the bytes that a test gives it.</summary>
internal sealed class Peer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static ClientFrame Hello { get; } = new()
    {
        Hello = new Hello { NewProcess = new NewProcess { Credentials = new Credentials { Uid = 4321 } } },
    };

    public static byte[] Frame(byte kind, byte[] body)
    {
        var frame = new byte[FrameFormat.HeaderBytes + body.Length];
        FrameFormat.WriteHeader(frame, (FrameKind)kind, body.Length);
        body.CopyTo(frame, FrameFormat.HeaderBytes);
        return frame;
    }

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource _patience = new(Patience);

    public int Pongs { get; private set; }

    public static async Task<Peer> ConnectAsync(string address)
    {
        var peer = new Peer();
        var uri = new Uri(address);
        await peer._socket.ConnectAsync(uri.Host, uri.Port, peer._patience.Token);
        return peer;
    }

    public static async Task<Peer> GreetAsync(string address)
    {
        var peer = await ConnectAsync(address);
        await peer.SendAsync(FrameFormat.Preface.ToArray());
        Assert.Equal(FrameFormat.Preface.ToArray(), await peer.ReceiveAsync(FrameFormat.Preface.Length));
        return peer;
    }

    public static async Task<Peer> IntroduceAsync(string address)
    {
        var peer = await GreetAsync(address);
        await peer.SendAsync(Frame(0, Hello.ToByteArray()));
        Assert.True((await peer.NextAsync())!.Welcome.Pid > 0);
        return peer;
    }

    public async Task SendAsync(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
            sent += await _socket.SendAsync(bytes.AsMemory(sent), _patience.Token);
    }

    public Task SendFrameAsync(ClientFrame frame) => SendAsync(Frame(0, frame.ToByteArray()));

    /// <summary>Sends what the node takes, and stops when it has taken nothing for so long.</summary>
    /// <returns>The bytes that were sent.</returns>
    public async Task<long> SendUntilFullAsync(byte[] bytes, int times, TimeSpan patience)
    {
        var total = 0L;
        try
        {
            for (var i = 0; i < times; i++)
            {
                for (var sent = 0; sent < bytes.Length;)
                {
                    using var full = new CancellationTokenSource(patience);
                    var count = await _socket.SendAsync(bytes.AsMemory(sent), full.Token);
                    (sent, total) = (sent + count, total + count);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The node takes no more, or has closed the connection.
        }

        return total;
    }

    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    public async Task<byte[]?> ReceiveAsync(int length)
    {
        var bytes = new byte[length];
        for (var read = 0; read < length;)
        {
            var count = await _socket.ReceiveAsync(bytes.AsMemory(read), _patience.Token);
            if (count == 0) return null;
            read += count;
        }

        return bytes;
    }

    /// <summary>The next frame with something in it; null: the node has ended the connection.</summary>
    public async Task<ServerFrame?> NextAsync()
    {
        while (await ReceiveAsync(FrameFormat.HeaderBytes) is { } header)
        {
            var (kind, length) = FrameFormat.ReadHeader(header);
            if (kind == FrameKind.Pong) Pongs++;
            var body = await ReceiveAsync(length);
            if (kind == FrameKind.Data) return ServerFrame.Parser.ParseFrom(body);
        }

        return null;
    }

    public async Task<Farewell> FarewellAsync()
    {
        while (true)
        {
            var frame = await NextAsync();
            Assert.NotNull(frame);
            if (frame.Farewell is { } farewell) return farewell;
        }
    }

    public async Task DrainAsync()
    {
        try
        {
            while (await ReceiveAsync(1) is not null)
            {
                // The content does not matter.
            }
        }
        catch (SocketException)
        {
            // A reset ends the connection too.
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _patience.Dispose();
    }
}
