using System.Buffers.Binary;
using System.Net.Sockets;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Protocol;
using Google.Protobuf;
using Grpc.Net.Client;

namespace Cluster.EndToEnd;

/// <summary>Frames on a bare connection, byte by byte, and invalid bytes.</summary>
public sealed class BareFramesTests(BareFramesTests.Fixture fixture) : IClassFixture<BareFramesTests.Fixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_process_starts_with_any_split_of_its_bytes()
    {
        using var peer = await Peer.ConnectAsync(fixture.Node.Address);
        var hello = Peer.Frame(0, Peer.Hello.ToByteArray());
        foreach (var one in FrameFormat.Preface.ToArray().Concat(hello)) await peer.SendAsync([one]);
        Assert.Equal(FrameFormat.Preface.ToArray(), await peer.ReceiveAsync(FrameFormat.Preface.Length));
        Assert.True((await peer.NextAsync())!.Welcome.Pid > 0);
        // Two frames and a question in one piece.
        var ack = Peer.Frame(0, new ClientFrame { Ack = 1, SentMs = 7 }.ToByteArray());
        await peer.SendAsync([.. ack, .. Peer.Frame(1, []), .. Peer.Frame(0, new ClientFrame { Close = true }.ToByteArray())]);
        var farewell = await peer.FarewellAsync();
        Assert.Equal((0, 1), (farewell.Errno, peer.Pongs));
        Assert.Null(await peer.NextAsync());
    }

    [Theory]
    [InlineData(9, 0, "a frame begins with 0, 1 or 2, and this one with 9")]
    [InlineData(1, 4, "a Ping has no bytes, and this one 4")]
    [InlineData(0, Bounds.FrameBytes + 1, "a frame may have")]
    [InlineData(0, -1, "a frame may have")]
    public async Task An_invalid_header_is_refused_with_a_description_of_a_valid_one(byte kind, int length, string said)
    {
        using var peer = await Peer.IntroduceAsync(fixture.Node.Address);
        var header = new byte[FrameFormat.HeaderBytes];
        header[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(1), length);
        await peer.SendAsync(header);
        var farewell = await peer.FarewellAsync();
        Assert.Equal((int)Errno.EPROTO, farewell.Errno);
        Assert.Contains(said, farewell.Reason, StringComparison.Ordinal);
        Assert.Null(await peer.NextAsync());
    }

    [Fact]
    public async Task Invalid_messages_are_refused()
    {
        using var peer = await Peer.IntroduceAsync(fixture.Node.Address);
        await peer.SendAsync(Peer.Frame(0, [0xFF, 0xFF, 0xFF]));
        var farewell = await peer.FarewellAsync();
        Assert.Equal((int)Errno.EPROTO, farewell.Errno);
        Assert.Contains("a frame is a ClientFrame, and this one is not", farewell.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Random_bytes_end_only_their_connection()
    {
        await using var ipc = await fixture.ConnectAsync();
        var queue = await ipc.MessageQueues.CreateAsync();
        await queue.SendAsync(1, "keep me"u8.ToArray());
        var seed = Environment.TickCount;
        Console.WriteLine($"random bytes: seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 500; i++)
        {
            using var peer = random.Next(3) switch
            {
                0 => await Peer.ConnectAsync(fixture.Node.Address),
                1 => await Peer.GreetAsync(fixture.Node.Address),
                _ => await Peer.IntroduceAsync(fixture.Node.Address),
            };
            var garbage = new byte[random.Next(1, 2_000)];
            random.NextBytes(garbage);
            if (random.Next(2) == 0) garbage = Peer.Frame(0, garbage);
            await peer.SendAsync(garbage);
            peer.EndSending();
            await peer.DrainAsync();
        }

        Assert.Equal("keep me"u8.ToArray(), (await queue.ReceiveAsync()).Text.ToArray());
    }

    [Fact]
    public async Task A_message_of_the_largest_size_goes_both_ways()
    {
        await using var ipc = await fixture.ConnectAsync();
        foreach (var limit in new[] { "msgmax", "msgmnb" })
            await ipc.Namespace.SetLimitAsync(limit, Bounds.MessageBytes);
        var queue = await ipc.MessageQueues.CreateAsync();
        var text = new byte[Bounds.MessageBytes];
        new Random(1).NextBytes(text);
        await queue.SendAsync(1, text);
        Assert.True((await queue.ReceiveAsync()).Text.Span.SequenceEqual(text));
        await queue.SendAsync(2, "small"u8.ToArray());
        Assert.Equal(2, (await queue.ReceiveAsync()).Type);
    }

    [Fact]
    public async Task Grpc_uses_the_same_port()
    {
        using var channel = GrpcChannel.ForAddress(fixture.Node.Address);
        using var patience = new CancellationTokenSource(Patience);
        using var call = new Gateway.GatewayClient(channel).Connect(cancellationToken: patience.Token);
        await call.RequestStream.WriteAsync(Peer.Hello, patience.Token);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        Assert.True(call.ResponseStream.Current.Welcome.Pid > 0);
    }

    /// <summary>One node for all of these.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        public NodeProcess Node { get; private set; } = null!;

        public Task<IpcClient> ConnectAsync() => IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [Node.Address], Uid = 0, Gid = 0 });

        public async Task InitializeAsync() => Node = await NodeProcess.StartAsync();

        public async Task DisposeAsync() => await Node.DisposeAsync();
    }
}
