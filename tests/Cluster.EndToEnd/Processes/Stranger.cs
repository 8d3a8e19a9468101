using System.Net.Sockets;
using System.Text;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.EndToEnd.Processes;

/// <summary>A client that does one harmful thing again and again, over a new connection whenever it loses one.</summary>
internal sealed class Stranger(Uri node, int number, Target queue, Target extent, ShmRead read)
{
    /// <summary>The harmful things.</summary>
    public const int Kinds = 11;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // PRI, and an empty frame of SETTINGS.
    private static readonly byte[] Http2 = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

    private static readonly byte[] EmptyParts = Peer.Frame(0, Parts(Bounds.HelloBytes));
    private static readonly byte[] ManyEmptyParts = Peer.Frame(0, Parts(Bounds.MessageBytes));
    private static readonly byte[] Greeting = [.. FrameFormat.Preface, .. Peer.Frame(0, Peer.Hello.ToByteArray())];
    private static readonly byte[] Pings = Many(Peer.Frame(1, []), 1_000);
    private static readonly byte[] PingsOfHttp2 = Many(Http2Frame(6, 0, 0, new byte[8]), 1_000);

    private static readonly byte[] Requests =
        [.. Enumerable.Range(0, 100).SelectMany(i => Http2Frame(1, 4, 2 * i + 1, Headers()))];

    /// <summary>Connections that it has opened.</summary>
    public int Connections { get; private set; }

    /// <summary>Runs until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stopped)
    {
        while (!stopped.IsCancellationRequested)
        {
            try
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(node.Host, node.Port, stopped);
                Connections++;
                await HarmAsync(socket, stopped);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // The node has closed the connection, or the time is up.
            }

            await Task.WhenAny(Task.Delay(Pause, stopped));
        }
    }

    private Task HarmAsync(Socket socket, CancellationToken stopped) => (number % Kinds) switch
    {
        0 => EndAsync(socket, stopped),
        1 => SayAsync(socket, stopped, FrameFormat.Preface.ToArray()),
        2 => SayAsync(socket, stopped, FrameFormat.Preface.ToArray(), EmptyParts),
        3 => AfterHelloAsync(socket, ManyEmptyParts, 1, stopped),
        4 => AfterHelloAsync(socket, ManyEmptyParts.AsMemory(0, Bounds.MessageBytes - 1), 1, stopped),
        5 => AfterHelloAsync(socket, Reads(), 1_000, stopped),
        6 => AfterHelloAsync(socket, Cancels(), 1_000, stopped),
        7 => ResetAsync(socket, stopped),
        8 => AfterHelloAsync(socket, Pings, int.MaxValue, stopped),
        9 => FloodAsync(socket, stopped),
        _ => SayAsync(socket, stopped, Http2, Requests),
    };

    private static byte[] Many(byte[] frame, int count) =>
        [.. Enumerable.Repeat(frame, count).SelectMany(each => each)];

    // Pings of HTTP/2, whose answers nobody reads.
    private static async Task FloodAsync(Socket socket, CancellationToken stopped)
    {
        await SendAsync(socket, Http2, stopped);
        while (true) await SendAsync(socket, PingsOfHttp2, stopped);
    }

    private static byte[] Parts(int bytes)
    {
        var parts = new byte[bytes];
        for (var i = 0; i < bytes; i += 2) parts[i] = 0x1A; // field 3 of ClientFrame, length 0
        return parts;
    }

    // Waits until the node closes the connection.
    private static async Task EndAsync(Socket socket, CancellationToken stopped)
    {
        var buffer = new byte[256];
        while (await socket.ReceiveAsync(buffer, stopped) > 0)
        {
            // What it says does not matter.
        }
    }

    private static async Task SayAsync(Socket socket, CancellationToken stopped, params byte[][] said)
    {
        foreach (var bytes in said) await SendAsync(socket, bytes, stopped);
        await EndAsync(socket, stopped);
    }

    private static async Task AfterHelloAsync(
        Socket socket, ReadOnlyMemory<byte> said, int times, CancellationToken stopped)
    {
        await SendAsync(socket, Greeting, stopped);
        var welcome = new byte[FrameFormat.Preface.Length + FrameFormat.HeaderBytes];
        await socket.ReceiveAsync(welcome, stopped);
        for (var i = 0; i < times; i++) await SendAsync(socket, said, stopped);
        await Task.Delay(Timeout.InfiniteTimeSpan, stopped); // and reads nothing
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken stopped)
    {
        for (var sent = 0; sent < bytes.Length;) sent += await socket.SendAsync(bytes[sent..], stopped);
    }

    private byte[] Reads()
    {
        var calls = new TargetCalls { Target = extent };
        for (var seq = 1ul; seq <= 100; seq++) calls.Calls.Add(new Call { Seq = seq, ShmRead = read });
        return Peer.Frame(0, new ClientFrame { Calls = { calls } }.ToByteArray());
    }

    private byte[] Cancels()
    {
        var calls = new TargetCalls { Target = queue };
        for (var i = 0; i < Bounds.CallsPerFrame; i++) calls.Cancels.Add((ulong)Random.Shared.NextInt64(1, long.MaxValue));
        return Peer.Frame(0, new ClientFrame { Calls = { calls } }.ToByteArray());
    }

    // Requests of HTTP/2, each reset at once.
    private static async Task ResetAsync(Socket socket, CancellationToken stopped)
    {
        await SendAsync(socket, Http2, stopped);
        for (var stream = 1; ; stream += 2)
        {
            var requests = new List<byte>();
            for (var i = 0; i < 20; i++, stream += 2)
            {
                requests.AddRange(Http2Frame(1, 4, stream, Headers()));
                requests.AddRange(Http2Frame(3, 0, stream, [0, 0, 0, 8]));
            }

            await SendAsync(socket, requests.ToArray(), stopped);
            await Task.Yield();
        }
    }

    private static byte[] Http2Frame(byte type, byte flags, int stream, byte[] payload) =>
    [
        0, (byte)(payload.Length >> 8), (byte)payload.Length, type, flags,
        (byte)(stream >> 24), (byte)(stream >> 16), (byte)(stream >> 8), (byte)stream, .. payload,
    ];

    // HPACK: POST and http of the static table, the rest as literals.
    private static byte[] Headers() =>
    [
        0x83, 0x86, .. Literal([4], "/cluster.ipc.v1.Gateway/Connect"), .. Literal([1], "a:1"),
        .. Literal([0x0F, 16], "application/grpc"), .. Literal([0, 2, (byte)'t', (byte)'e'], "trailers"),
    ];

    private static byte[] Literal(byte[] name, string value) =>
        [.. name, (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
