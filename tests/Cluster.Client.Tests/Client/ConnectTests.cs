using Cluster.Protocol;

namespace Cluster.Client.Tests.Client;

public sealed class ConnectTests
{
    [Fact]
    public async Task A_connected_client_knows_its_process()
    {
        var bench = await ClientBench.ConnectAsync();
        var client = bench.Client;
        Assert.Equal((7, "/", 1000U, 100U), (client.Pid, client.Namespace.Path, client.Uid, client.Gid));
        Assert.Equal(IpcConnectionState.Connected, client.State);
        Assert.Equal("n1", (await client.StatAsync()).Node);
    }

    [Fact]
    public async Task Hello_carries_the_options()
    {
        var transport = new FakeTransport();
        var options = new IpcClientOptions { Uid = 5, Groups = [8], Namespace = "/a", Lease = TimeSpan.FromSeconds(9) };
        _ = IpcClient.ConnectAsync(transport, options);
        var hello = (await (await transport.AcceptAsync()).NextAsync()).Hello.NewProcess;
        Assert.Equal((5U, 5U, 8U), (hello.Credentials.Uid, hello.Credentials.Gid, hello.Credentials.Groups[0]));
        Assert.Equal(("/a", 9_000), (hello.Namespace, hello.LeaseMs));
    }

    [Fact]
    public async Task The_error_without_an_answer_names_the_address_and_the_reason()
    {
        var transport = new FakeTransport { Fault = "connection refused" };
        var time = new ManualTime();
        var options = new IpcClientOptions { Addresses = ["http://nowhere:1"], TimeProvider = time };
        var connecting = IpcClient.ConnectAsync(transport, options);
        // The pause after the first attempt is the first timer that is due so soon: time does not outrun the attempt.
        while (time.GetTimestamp() == 0)
        {
            time.AdvanceToTimerWithin(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        while (!connecting.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        var exception = await Assert.ThrowsAsync<IpcConnectException>(() => connecting.Soon());
        Assert.Equal(Errno.ETIMEDOUT, exception.Errno);
        Assert.Contains("http://nowhere:1", exception.Message, StringComparison.Ordinal);
        Assert.Contains("connection refused", exception.Message, StringComparison.Ordinal);
        Assert.True(transport.IsDisposed);
    }

    [Fact]
    public async Task The_admission_may_take_longer_than_the_connect_timeout()
    {
        var (transport, time) = (new FakeTransport(), new ManualTime());
        var connecting = IpcClient.ConnectAsync(transport, new IpcClientOptions { TimeProvider = time });
        var stream = await transport.AcceptAsync();
        await stream.NextAsync();
        time.Advance(TimeSpan.FromSeconds(29));
        stream.Push(Calls.Welcome("n1", 7));
        Assert.Equal(7, (await connecting.Soon()).Pid);
    }

    [Fact]
    public async Task The_client_gives_up_after_the_admission_timeout()
    {
        var (transport, time) = (new FakeTransport(), new ManualTime());
        var connecting = IpcClient.ConnectAsync(transport, new IpcClientOptions { TimeProvider = time });
        await (await transport.AcceptAsync()).NextAsync();
        while (!connecting.IsCompleted)
        {
            time.AdvanceToTimerWithin(TimeSpan.FromSeconds(30));
            await Task.Yield();
        }

        var exception = await Assert.ThrowsAsync<IpcConnectException>(() => connecting.Soon());
        Assert.Contains("no node let the process in within 30 s", exception.Message, StringComparison.Ordinal);
        Assert.True(time.GetUtcNow() >= DateTimeOffset.UnixEpoch.AddSeconds(30));
    }

    [Fact]
    public async Task A_refused_admission_has_its_errno()
    {
        var transport = new FakeTransport();
        var connecting = IpcClient.ConnectAsync(transport, new IpcClientOptions { Namespace = "/nowhere" });
        var stream = await transport.AcceptAsync();
        await stream.NextAsync();
        stream.Push(Calls.Farewell(Errno.ENOENT));
        var exception = await Assert.ThrowsAsync<IpcConnectException>(() => connecting.Soon());
        Assert.Equal(Errno.ENOENT, exception.Errno);
    }

    [Fact]
    public async Task A_connection_attempt_can_be_cancelled()
    {
        var transport = new FakeTransport();
        using var source = new CancellationTokenSource();
        var connecting = IpcClient.ConnectAsync(transport, new IpcClientOptions(), source.Token);
        var stream = await transport.AcceptAsync();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.Soon());
        Assert.True(transport.IsDisposed);
        await stream.Disposed.Soon();
    }

    [Fact]
    public async Task A_created_client_connects_on_its_first_call()
    {
        var transport = new FakeTransport();
        var client = IpcClient.Create(transport, new IpcClientOptions());
        Assert.Equal((0, IpcConnectionState.Connecting), (client.Pid, client.State));
        var sending = client.MessageQueues.Open(5).SendAsync(1, "x"u8.ToArray()).AsTask();
        var stream = await transport.WelcomeAsync();
        await stream.AnswerAsync(_ => new Result());
        await sending.Soon();
        Assert.Equal(7, client.Pid);
    }

    [Theory]
    [InlineData("ftp://host", "/", 1)]
    [InlineData("http://host", "relative", 1)]
    [InlineData("http://host", "/", 0)]
    public void The_error_for_an_invalid_option_names_it(string address, string path, int window)
    {
        var options = new IpcClientOptions { Addresses = [address], Namespace = path, MaxCallsInFlight = window };
        var exception = Assert.Throws<ArgumentException>(() => IpcClient.Create(options));
        Assert.Contains("IpcClientOptions.", exception.Message, StringComparison.Ordinal);
    }
}
