using System.Net.Sockets;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Protocol;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Cluster.EndToEnd;

/// <summary>
/// What a client can make a node hold is bounded, in a real process: its memory is measured, and it goes on serving
/// others.
/// </summary>
public sealed class StrangersTests
{
    private const long MiB = 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_frame_of_empty_parts_takes_no_memory(bool afterHello)
    {
        await using var node = await NodeProcess.StartAsync();
        var before = node.ResidentBytes;
        var parts = new byte[Bounds.MessageBytes];
        for (var i = 0; i < parts.Length; i += 2) parts[i] = 0x1A; // field 3 of ClientFrame, length 0
        using var peer = afterHello
            ? await Peer.IntroduceAsync(node.Address)
            : await Peer.GreetAsync(node.Address);
        await peer.SendUntilFullAsync(Peer.Frame(0, parts), 1, Patience);
        await peer.DrainAsync();
        Assert.InRange(node.ResidentBytes - before, long.MinValue, 150 * MiB);
        await ServesAsync(node);
    }

    [Fact]
    public async Task A_frame_of_empty_parts_takes_no_memory_over_gRpc()
    {
        await using var node = await NodeProcess.StartAsync();
        var before = node.ResidentBytes;
        var parts = new TargetCalls[4_000_000];
        Array.Fill(parts, new TargetCalls());
        using var channel = GrpcChannel.ForAddress(node.Address);
        using var patience = new CancellationTokenSource(Patience);
        using var call = new Gateway.GatewayClient(channel).Connect(cancellationToken: patience.Token);
        await call.RequestStream.WriteAsync(Peer.Hello, patience.Token);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        var sending = call.RequestStream.WriteAsync(new ClientFrame { Calls = { parts } }, patience.Token);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        Assert.Equal((int)Errno.EPROTO, call.ResponseStream.Current.Farewell.Errno);
        call.Dispose();
        await Task.WhenAny(sending).WaitAsync(Patience);
        Assert.InRange(node.ResidentBytes - before, long.MinValue, 200 * MiB);
        await ServesAsync(node);
    }

    [Fact]
    public async Task Before_the_hello_only_a_small_frame_is_taken()
    {
        await using var node = await NodeProcess.StartAsync();
        using var peer = await Peer.GreetAsync(node.Address);
        var header = new byte[FrameFormat.HeaderBytes];
        FrameFormat.WriteHeader(header, FrameKind.Data, Bounds.HelloBytes + 1);
        await peer.SendAsync(header);
        var farewell = await peer.FarewellAsync();
        Assert.Equal((int)Errno.EPROTO, farewell.Errno);
        Assert.Contains($"{Bounds.HelloBytes} bytes", farewell.Reason, StringComparison.Ordinal);

        using var channel = GrpcChannel.ForAddress(node.Address);
        using var patience = new CancellationTokenSource(Patience);
        using var call = new Gateway.GatewayClient(channel).Connect(cancellationToken: patience.Token);
        var large = new ClientFrame { Hello = new Hello { KnownProcess = new KnownProcess() } };
        large.Hello.KnownProcess.Token = ByteString.CopyFrom(new byte[Bounds.HelloBytes]);
        try
        {
            await call.RequestStream.WriteAsync(large, patience.Token);
        }
        catch (RpcException)
        {
            // The node may end the stream while the frame is still being written.
        }

        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        Assert.Equal((int)Errno.EPROTO, call.ResponseStream.Current.Farewell.Errno);
    }

    [Fact]
    public async Task Large_frames_that_stay_incomplete_are_bounded()
    {
        await using var node = await NodeProcess.StartAsync();
        var before = node.ResidentBytes;
        var peers = new List<Peer>();
        var part = new byte[15 * MiB];
        FrameFormat.WriteHeader(part, FrameKind.Data, Bounds.MessageBytes);
        for (var i = 0; i < 40; i++) peers.Add(await Peer.IntroduceAsync(node.Address));
        await Task.WhenAll(peers.Select(peer => peer.SendUntilFullAsync(part, 1, TimeSpan.FromSeconds(2))));
        Assert.InRange(node.ResidentBytes - before, long.MinValue, 250 * MiB);
        await ServesAsync(node);
        foreach (var peer in peers) peer.Dispose();
    }

    [Fact]
    public async Task Results_that_are_not_read_are_bounded_and_none_is_lost()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var owner = await ConnectAsync(node);
        var segment = await owner.SharedMemorySegments.CreateAsync(
            size: Bounds.ExtentBytes, durability: Durability.Volatile, mode: (UnixFileMode)0x1B6);
        await using var attached = await segment.AttachAsync();
        var bytes = new byte[Bounds.ExtentBytes];
        Array.Fill(bytes, (byte)1);
        await attached.WriteAsync(0, bytes);

        using var reader = await Peer.IntroduceAsync(node.Address);
        var segmentTarget = new Target { Kind = Kind.SharedMemory, Id = segment.Id };
        await reader.SendAsync(Frame(new TargetCalls
        {
            Target = segmentTarget, Calls = { new Call { Seq = 1, Shmat = new ShmAt() } },
        }));
        var attachment = (await reader.NextAsync())!.Results[0].Results[0].ShmAttachment;
        var before = node.ResidentBytes;
        for (var frame = 0; frame < 60; frame++)
        {
            var reads = new TargetCalls { Target = new Target { Kind = Kind.Extent, Id = (long)segment.Id << 32 } };
            for (var i = 0; i < 100; i++)
            {
                reads.Calls.Add(new Call
                {
                    Seq = 2 + (ulong)(frame * 100 + i),
                    ShmRead = new ShmRead { Capability = attachment.Capability, Length = Bounds.ExtentBytes },
                });
            }

            await reader.SendAsync(Frame(reads));
        }

        await ServesAsync(node);
        Assert.InRange(node.ResidentBytes - before, long.MinValue, 300 * MiB);
        var seen = new HashSet<ulong>();
        while (seen.Count < 6_000)
        {
            var frame = await reader.NextAsync();
            Assert.NotNull(frame);
            Assert.Null(frame.Farewell);
            foreach (var result in frame.Results.SelectMany(each => each.Results))
            {
                Assert.Equal(Bounds.ExtentBytes, result.ShmBytes.Data.Length);
                Assert.True(seen.Add(result.Seq));
            }
        }

        Assert.InRange(node.ResidentBytes - before, long.MinValue, 300 * MiB);
    }

    [Fact]
    public async Task Cancels_of_calls_that_never_were_take_nothing()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var owner = await ConnectAsync(node);
        var queue = await owner.MessageQueues.CreateAsync();
        await queue.SendAsync(1, "keep me"u8.ToArray());
        var before = node.ResidentBytes;
        for (var frame = 0; frame < 250; frame++)
        {
            using var stranger = await Peer.IntroduceAsync(node.Address);
            for (var i = 0; i < 2; i++)
            {
                var calls = new TargetCalls { Target = new Target { Kind = Kind.MessageQueue, Id = queue.Id } };
                for (var seq = 1; seq <= 4_000; seq++) calls.Cancels.Add((ulong)(frame * 8_000 + i * 4_000 + seq));
                await stranger.SendAsync(Frame(calls));
            }

            Assert.Equal((int)Errno.EPROTO, (await stranger.FarewellAsync()).Errno);
        }

        Assert.Equal("keep me"u8.ToArray(), (await queue.ReceiveAsync()).Text.ToArray());
        Assert.InRange(node.ResidentBytes - before, long.MinValue, 150 * MiB);
    }

    [Fact]
    public async Task Results_that_are_not_acknowledged_are_bounded()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var owner = await ConnectAsync(node);
        await owner.Namespace.SetLimitAsync("msgmnb", 1 << 30);
        var queue = await owner.MessageQueues.CreateAsync(durability: Durability.Volatile, mode: (UnixFileMode)0x1B6);
        var text = new byte[8_192];
        using var hoarder = await Peer.IntroduceAsync(node.Address);
        var before = node.ResidentBytes;
        var (seq, refused, received) = (1ul, 0, 0);
        while (refused == 0 && seq < 64_000)
        {
            for (var i = 0; i < 16; i++) await queue.SendAsync(1, text);
            var calls = new TargetCalls { Target = new Target { Kind = Kind.MessageQueue, Id = queue.Id } };
            for (var i = 0; i < 16; i++, seq++)
            {
                var receive = new MsgRcv { Size = 8_192, Flags = IpcFlags.IPC_NOWAIT };
                calls.Calls.Add(new Call { Seq = seq, Msgrcv = receive });
            }

            await hoarder.SendAsync(Frame(calls));
            for (var left = 16; left > 0;)
            {
                var frame = await hoarder.NextAsync();
                foreach (var result in frame!.Results.SelectMany(each => each.Results))
                {
                    left--;
                    if (result.Errno == 0) received++;
                    else Assert.Equal((int)Errno.ENOBUFS, result.Errno);
                    refused += result.Errno == 0 ? 0 : 1;
                }
            }
        }

        Assert.InRange(received * 8_192L, Bounds.UnacknowledgedBytes - MiB, Bounds.UnacknowledgedBytes);
        Assert.InRange(node.ResidentBytes - before, long.MinValue, 2 * Bounds.UnacknowledgedBytes + 150 * MiB);

        // An acknowledgement makes room again.
        var next = new TargetCalls
        {
            Target = new Target { Kind = Kind.MessageQueue, Id = queue.Id }, Ack = seq,
            Calls = { new Call { Seq = seq, Msgrcv = new MsgRcv { Size = 8_192, Flags = IpcFlags.IPC_NOWAIT } } },
        };
        await hoarder.SendAsync(Frame(next));
        Assert.Equal(0, (await hoarder.NextAsync())!.Results[0].Results[0].Errno);
    }

    [Fact]
    public async Task Connections_that_say_nothing_are_closed_in_time_and_with_a_reason()
    {
        await using var node = await NodeProcess.StartAsync();
        using var silent = await Peer.ConnectAsync(node.Address);
        using var greeted = await Peer.GreetAsync(node.Address);
        using var pinging = await Peer.GreetAsync(node.Address);
        await pinging.SendAsync(Peer.Frame(1, []));
        var farewell = await greeted.FarewellAsync();
        Assert.Equal((int)Errno.ETIMEDOUT, farewell.Errno);
        Assert.Contains("no hello came in 7 s", farewell.Reason, StringComparison.Ordinal);
        Assert.Equal((int)Errno.ETIMEDOUT, (await pinging.FarewellAsync()).Errno);
        await silent.DrainAsync();
        using var channel = GrpcChannel.ForAddress(node.Address);
        using var patience = new CancellationTokenSource(Patience);
        using var call = new Gateway.GatewayClient(channel).Connect(cancellationToken: patience.Token);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        Assert.Equal((int)Errno.ETIMEDOUT, call.ResponseStream.Current.Farewell.Errno);
    }

    [Fact]
    public async Task Silent_connections_beyond_the_descriptors_hurt_nobody()
    {
        await using var node = await NodeProcess.StartWithDescriptorsAsync(1_024);
        await using var before = await ConnectAsync(node);
        var queue = await before.MessageQueues.CreateAsync();
        var silent = new List<Socket>();
        var address = new Uri(node.Address);
        for (var i = 0; i < 1_500; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(address.Host, address.Port);
            silent.Add(socket);
            if (i % 300 == 299) await ServesAsync(node);
        }

        await queue.SendAsync(1, "alive"u8.ToArray());
        Assert.Equal("alive"u8.ToArray(), (await queue.ReceiveAsync()).Text.ToArray());
        Assert.InRange(node.DescriptorCount, 1, 900);
        await ServesAsync(node);
        foreach (var socket in silent) socket.Dispose();
        await node.SaysAsync("SilentConnections");
    }

    [Fact]
    public async Task Processes_of_one_address_leave_room_for_the_cluster()
    {
        await using var node = await NodeProcess.StartWithDescriptorsAsync(1_024);
        var peers = new List<Peer>();
        try
        {
            Farewell? farewell = null;
            for (var i = 0; i < 2_000 && farewell is null; i++)
            {
                var peer = await Peer.GreetAsync(node.Address);
                peers.Add(peer);
                await peer.SendUntilFullAsync(Peer.Frame(0, Peer.Hello.ToByteArray()), 1, Patience);
                farewell = (await peer.NextAsync())?.Farewell;
            }

            // On a slow machine the node gives up the first ones meanwhile, because they answer no ping.
            Assert.InRange(peers.Count, 257, 1_999);
            Assert.True(farewell is { Errno: (int)Errno.EAGAIN, Retry: true });
            Assert.Contains("your address has 256 connections", farewell.Reason, StringComparison.Ordinal);
        }
        finally
        {
            foreach (var peer in peers) peer.Dispose();
        }
    }

    // Each kind once kept a node from letting anybody in, or had it take 480 MiB.
    [Theory]
    [InlineData(8, "Pace")]
    [InlineData(9, "Pace")]
    [InlineData(10, "Requests")]
    public async Task Many_frames_without_calls_hurt_nobody(int kind, string bound)
    {
        await using var node = await NodeProcess.StartAsync();
        var before = node.ResidentBytes;
        using var stop = new CancellationTokenSource();
        var strangers = Enumerable.Range(0, 200).Select(_ => new Stranger(
            new Uri(node.Address), kind, new Target(), new Target(), new ShmRead()));
        var attacks = strangers.Select(stranger => Task.Run(() => stranger.RunAsync(stop.Token))).ToArray();
        await node.SaysAsync($"the bound {bound}:");
        for (var i = 0; i < 5; i++) await ServesAsync(node);
        Assert.InRange(node.ResidentBytes - before, long.MinValue, 250 * MiB);
        await stop.CancelAsync();
        await Task.WhenAll(attacks).WaitAsync(Patience);
    }

    [Fact]
    public async Task Too_few_descriptors_are_refused_at_the_start()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => NodeProcess.StartWithDescriptorsAsync(200));
        Assert.Contains("the limit of open files is 200", refused.Message, StringComparison.Ordinal);
    }

    private static byte[] Frame(TargetCalls calls) =>
        Peer.Frame(0, new ClientFrame { Calls = { calls } }.ToByteArray());

    private static Task<IpcClient> ConnectAsync(NodeProcess node) =>
        IpcClient.ConnectAsync(new IpcClientOptions { Addresses = [node.Address], Uid = 0, Gid = 0 });

    // A new client is let in and served.
    private static async Task ServesAsync(NodeProcess node)
    {
        await using var ipc = await ConnectAsync(node).WaitAsync(Patience);
        await ipc.MessageQueues.InfoAsync().WaitAsync(Patience);
    }
}
