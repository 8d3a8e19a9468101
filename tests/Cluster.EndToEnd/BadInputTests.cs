using System.Net.Http.Headers;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Protocol;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Cluster.EndToEnd;

/// <summary>Whatever a client sends: a clear error, the node lives, nothing changes.</summary>
public sealed class BadInputTests(BadInputTests.Fixture fixture) : IClassFixture<BadInputTests.Fixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Unknown_ids_are_EINVAL()
    {
        await using var ipc = await fixture.ConnectAsync();
        foreach (var id in new[] { -1, 12345, int.MaxValue })
        {
            var queue = ipc.MessageQueues.Open(id);
            await FailsAsync(Errno.EINVAL, () => queue.SendAsync(1, new byte[1]).AsTask());
            await FailsAsync(Errno.EINVAL, () => queue.TryReceiveAsync().AsTask());
            await FailsAsync(Errno.EINVAL, () => queue.StatAsync());
            await FailsAsync(Errno.EINVAL, () => queue.RemoveAsync());
        }
    }

    [Fact]
    public async Task Messages_that_are_too_long_are_EINVAL()
    {
        await using var ipc = await fixture.ConnectAsync();
        var queue = await ipc.MessageQueues.CreateAsync();
        await FailsAsync(Errno.EINVAL, () => queue.SendAsync(1, new byte[8193]).AsTask());
        await FailsAsync(Errno.EINVAL, () => queue.SendAsync(1, new byte[Bounds.MessageBytes + 1]).AsTask());
        await queue.SendAsync(1, new byte[8192]);
        Assert.Equal(1ul, (await queue.StatAsync()).Qnum);
    }

    [Fact]
    public async Task A_namespace_that_does_not_exist_is_ENOENT()
    {
        foreach (var path in new[] { "/no/such", "nonsense", "/../x" })
        {
            var options = new IpcClientOptions { Addresses = [fixture.Node.Address], Namespace = path };
            var exception = await Assert.ThrowsAnyAsync<Exception>(() => IpcClient.ConnectAsync(options));
            Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Ten_thousand_random_frames_change_nothing()
    {
        await using var ipc = await fixture.ConnectAsync();
        var queue = await ipc.MessageQueues.CreateAsync();
        await queue.SendAsync(1, "keep me"u8.ToArray());
        var seed = Environment.TickCount;
        Console.WriteLine($"random frames: seed {seed}");
        var random = new Random(seed);
        using var channel = GrpcChannel.ForAddress(fixture.Node.Address);
        for (var stream = 0; stream < 100; stream++)
            await SendFramesAsync(
                channel, random, stream, [.. Enumerable.Range(0, 100).Select(_ => RandomFrame(random))]);
        var stat = await queue.StatAsync();
        Assert.Equal(1ul, stat.Qnum);
        Assert.Equal("keep me"u8.ToArray(), (await queue.ReceiveAsync()).Text.ToArray());
    }

    [Fact]
    public async Task A_frame_above_the_bound_is_refused_with_the_bound()
    {
        using var channel = GrpcChannel.ForAddress(fixture.Node.Address);
        using var patience = new CancellationTokenSource(Patience);
        using var call = new Gateway.GatewayClient(channel).Connect(cancellationToken: patience.Token);
        await call.RequestStream.WriteAsync(HelloOf(new Credentials { Uid = 4321 }), patience.Token);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        var text = ByteString.CopyFrom(new byte[20_000_000]);
        var sending = call.RequestStream.WriteAsync(FrameOf(1, new MsgSnd { Type = 1, Text = text }), patience.Token);
        var farewell = await FarewellAsync(call, patience.Token);
        Assert.Contains($"{Bounds.FrameBytes} bytes", farewell.Reason, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(patience.Token));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Contains($"{Bounds.FrameBytes} bytes", refused.Status.Detail, StringComparison.Ordinal);
        call.Dispose(); // the node reads no more of the frame, so only the client can end its write
        await Task.WhenAny(sending).WaitAsync(Patience);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(ulong.MaxValue)]
    public async Task A_call_without_a_number_that_can_be_acknowledged_is_refused(ulong seq)
    {
        using var channel = GrpcChannel.ForAddress(fixture.Node.Address);
        using var patience = new CancellationTokenSource(Patience);
        foreach (var isCancel in new[] { false, true })
        {
            using var call = new Gateway.GatewayClient(channel).Connect(cancellationToken: patience.Token);
            await call.RequestStream.WriteAsync(HelloOf(new Credentials { Uid = 4321 }), patience.Token);
            Assert.True(await call.ResponseStream.MoveNext(patience.Token));
            var frame = FrameOf(isCancel ? 1 : seq, new MsgSnd { Type = 1 });
            if (isCancel) frame.Calls[0].Cancels.Add(seq);
            await call.RequestStream.WriteAsync(frame, patience.Token);
            var farewell = await FarewellAsync(call, patience.Token);
            Assert.Equal((int)Errno.EPROTO, farewell.Errno);
            Assert.Contains("the seq of a call has to be 1 to", farewell.Reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(uint.MaxValue, 0u, 0u)]
    [InlineData(0u, uint.MaxValue, 0u)]
    [InlineData(0u, 0u, uint.MaxValue)]
    public async Task The_ids_minus_one_are_refused(uint uid, uint gid, uint group)
    {
        using var channel = GrpcChannel.ForAddress(fixture.Node.Address);
        using var patience = new CancellationTokenSource(Patience);
        using var call = new Gateway.GatewayClient(channel).Connect(cancellationToken: patience.Token);
        var credentials = new Credentials { Uid = uid, Gid = gid, Groups = { group } };
        await call.RequestStream.WriteAsync(HelloOf(credentials), patience.Token);
        var farewell = await FarewellAsync(call, patience.Token);
        Assert.Equal((int)Errno.EINVAL, farewell.Errno);
        Assert.Contains("4294967295", farewell.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_of_another_kind_is_EINVAL()
    {
        using var channel = GrpcChannel.ForAddress(fixture.Node.Address);
        using var patience = new CancellationTokenSource(Patience);
        using var call = new Gateway.GatewayClient(channel).Connect(cancellationToken: patience.Token);
        await call.RequestStream.WriteAsync(HelloOf(new Credentials { Uid = 4321 }), patience.Token);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        var frame = FrameOf(1, new MsgSnd { Type = 1 });
        frame.Calls[0].Target = new Target { Kind = Kind.Namespace };
        await call.RequestStream.WriteAsync(frame, patience.Token);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        Assert.Equal((int)Errno.EINVAL, call.ResponseStream.Current.Results[0].Results[0].Errno);
    }

    [Theory]
    [InlineData(Kind.MessageQueue)]
    [InlineData(Kind.SemaphoreSet)]
    [InlineData(Kind.SharedMemory)]
    public async Task An_id_with_the_low_bits_of_another_object_is_EINVAL(Kind kind)
    {
        await using var owner = await fixture.ConnectAsync();
        var queue = await owner.MessageQueues.CreateAsync(durability: Durability.Volatile);
        var set = await owner.SemaphoreSets.CreateAsync(durability: Durability.Volatile);
        var segment = await owner.SharedMemorySegments.CreateAsync(size: 4_096, durability: Durability.Volatile);
        var id = kind switch
        {
            Kind.MessageQueue => queue.Id,
            Kind.SemaphoreSet => set.Id,
            _ => segment.Id,
        };

        using var channel = GrpcChannel.ForAddress(fixture.Node.Address);
        using var patience = new CancellationTokenSource(Patience);
        using var call = new Gateway.GatewayClient(channel).Connect(cancellationToken: patience.Token);
        await call.RequestStream.WriteAsync(HelloOf(new Credentials { Uid = 4321 }), patience.Token);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        var frame = FrameOf(1, new MsgSnd { Type = 1 });
        frame.Calls[0].Target = new Target { Kind = kind, Id = id + (1L << 32) };
        await call.RequestStream.WriteAsync(frame, patience.Token);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        Assert.Equal((int)Errno.EINVAL, call.ResponseStream.Current.Results[0].Results[0].Errno);

        // A volatile object belongs to the first life that claims it. The owner's first call still reaches it.
        Assert.Equal(0, (long)(await queue.StatAsync()).Qnum);
        Assert.Equal(0, await set.GetValueAsync(0));
        Assert.Equal(0, (long)(await segment.StatAsync()).Nattch);
    }

    [Fact]
    public async Task Invalid_frames_end_only_their_stream()
    {
        using var http = new HttpClient { DefaultRequestVersion = new Version(2, 0) };
        http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var random = new Random(1);
        for (var i = 0; i < 50; i++)
        {
            var garbage = new byte[random.Next(1, 2_000)];
            random.NextBytes(garbage);
            using var content = new ByteArrayContent(garbage);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            var url = $"{fixture.Node.Address}/cluster.ipc.v1.Gateway/Connect";
            using var patience = new CancellationTokenSource(Patience);
            using var response = await http.PostAsync(url, content, patience.Token);
            await response.Content.ReadAsByteArrayAsync(patience.Token);
        }

        await using var ipc = await fixture.ConnectAsync();
        await ipc.StatAsync();
    }

    // Every second stream introduces itself first, so that its frames reach the objects.
    private static async Task SendFramesAsync(GrpcChannel channel, Random random, int stream, ClientFrame[] frames)
    {
        var gateway = new Gateway.GatewayClient(channel);
        using var patience = new CancellationTokenSource(Patience);
        using var call = gateway.Connect(cancellationToken: patience.Token);
        try
        {
            if (stream % 2 == 0)
            {
                var hello = new Hello { NewProcess = new NewProcess { Credentials = new Credentials { Uid = 4321 } } };
                await call.RequestStream.WriteAsync(new ClientFrame { Hello = hello }, patience.Token);
                Assert.True(await call.ResponseStream.MoveNext(patience.Token));
            }

            foreach (var frame in frames) await call.RequestStream.WriteAsync(frame, patience.Token);
            await call.RequestStream.CompleteAsync();
            while (await call.ResponseStream.MoveNext(patience.Token))
            {
                // Errors, each as good as the other.
            }
        }
        catch (Exception exception) when (exception is Grpc.Core.RpcException or InvalidOperationException)
        {
            Assert.False(patience.IsCancellationRequested, "the node neither answered nor ended the stream");
        }
    }

    private static ClientFrame HelloOf(Credentials credentials) =>
        new() { Hello = new Hello { NewProcess = new NewProcess { Credentials = credentials } } };

    private static ClientFrame FrameOf(ulong seq, MsgSnd send)
    {
        var calls = new TargetCalls { Target = new Target { Kind = Kind.MessageQueue, Id = 0 } };
        calls.Calls.Add(new Call { Seq = seq, Msgsnd = send });
        return new ClientFrame { Ack = 1, Calls = { calls } };
    }

    private static async Task<Farewell> FarewellAsync(
        AsyncDuplexStreamingCall<ClientFrame, ServerFrame> call, CancellationToken cancelled)
    {
        while (true)
        {
            Assert.True(await call.ResponseStream.MoveNext(cancelled));
            if (call.ResponseStream.Current.Farewell is { } farewell) return farewell;
        }
    }

    private static ClientFrame RandomFrame(Random random)
    {
        var frame = new ClientFrame { Ack = (ulong)random.NextInt64(), Close = random.Next(50) == 0 };
        if (random.Next(20) == 0) frame.Hello = new Hello();
        for (var i = random.Next(4); i > 0; i--)
        {
            var calls = new TargetCalls { Resent = random.Next(2) == 0 };
            if (random.Next(10) > 0)
                calls.Target = new Target { Kind = (Kind)RandomKind(random), Id = random.Next(-2, 4) };
            for (var j = random.Next(5); j > 0; j--) calls.Calls.Add(RandomCall(random));
            for (var j = random.Next(3); j > 0; j--) calls.Cancels.Add((ulong)random.Next(100));
            frame.Calls.Add(calls);
        }

        return frame;
    }

    private static int RandomKind(Random random) => random.Next(4) switch
    {
        0 => random.Next(-10, 200),
        1 => (int)Kind.Directory,
        2 => (int)Kind.Namespace,
        _ => (int)Kind.MessageQueue,
    };

    private static Call RandomCall(Random random)
    {
        var call = new Call { Seq = random.Next(3) == 0 ? (ulong)random.NextInt64() : (ulong)random.Next(100) };
        if (random.Next(2) == 0) call.TimeoutMs = random.Next(-1000, 1000);
        var type = random.Next(2) == 0 ? random.Next(-3, 4) : random.NextInt64(long.MinValue, long.MaxValue);
        switch (random.Next(10))
        {
            case 0:
                call.Msgsnd = new MsgSnd { Type = type, Text = ByteString.CopyFrom(new byte[random.Next(20_000)]) };
                break;
            case 1:
                call.Msgrcv = new MsgRcv { Type = type, Size = random.Next(-10, 100), Flags = random.Next() };
                break;
            case 2:
                call.Msgset = new MsgSet { Uid = (uint)random.Next(), Qbytes = (ulong)random.NextInt64() };
                break;
            case 3:
                call.Msgstat = new MsgStat();
                break;
            case 4:
                call.Get = new Get { Key = random.Next(), Flags = random.Next() };
                break;
            case 5:
                call.Remove = new Remove { Id = random.Next(-5, 5) };
                break;
            case 6:
                call.List = new List { AfterId = random.NextInt64(), Limit = random.Next(-5, 5000) };
                break;
            case 7:
                call.NamespaceCreate = new NamespaceCreate { Name = new string('x', random.Next(300)) };
                break;
            case 8:
                call.LimitsSet =
                    new LimitsSet { Name = random.Next(2) == 0 ? "msgmax" : "no", Value = random.NextInt64() };
                break;
        }

        return call;
    }

    private static async Task FailsAsync(Errno errno, Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<IpcException>(() => call().WaitAsync(Patience));
        Assert.Equal(errno, exception.Errno);
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
