using Cluster.Protocol;

namespace Cluster.Client.Tests.Client;

public sealed class InterruptTests
{
    [Fact]
    public async Task A_call_with_a_cancelled_token_is_not_sent()
    {
        var bench = await ClientBench.ConnectAsync();
        var token = new CancellationToken(canceled: true);
        var task = bench.Queue.ReceiveAsync(cancellationToken: token).AsTask();
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.Soon());
        Assert.Equal(token, exception.CancellationToken);
        Assert.True(task.IsCanceled);

        var next = bench.Queue.SendAsync(1, default).AsTask();
        Assert.Equal(1UL, (await bench.Stream.AnswerAsync(_ => new Result())).Seq);
        await next.Soon();
    }

    [Fact]
    public async Task An_interrupted_call_waits_for_its_outcome()
    {
        var bench = await ClientBench.ConnectAsync();
        using var source = new CancellationTokenSource();
        var receiving = bench.Queue.ReceiveAsync(cancellationToken: source.Token).AsTask();
        await bench.Stream.NextCallAsync();
        await source.CancelAsync();
        Assert.Equal([1UL], (await bench.Stream.NextAsync()).Calls[0].Cancels);
        Assert.False(receiving.IsCompleted);

        bench.Stream.Push(Calls.Results(5, Calls.Failed(1, Errno.EINTR)));
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving.Soon());
        Assert.Equal(source.Token, exception.CancellationToken);
    }

    [Fact]
    public async Task A_call_that_happened_despite_its_cancel_returns_its_result()
    {
        var bench = await ClientBench.ConnectAsync();
        using var source = new CancellationTokenSource();
        var receiving = bench.Queue.ReceiveAsync(cancellationToken: source.Token).AsTask();
        await bench.Stream.NextCallAsync();
        await source.CancelAsync();
        await bench.Stream.NextAsync();
        bench.Stream.Push(Calls.Results(5, Calls.Message(1, "taken")));
        Assert.Equal("taken"u8.ToArray(), (await receiving.Soon()).Text.ToArray());
    }

    [Fact]
    public async Task A_call_without_a_node_is_interrupted_at_once()
    {
        var client = IpcClient.Create(new FakeTransport { Fault = "down" }, new IpcClientOptions());
        using var source = new CancellationTokenSource();
        var sending = client.MessageQueues.Open(1).SendAsync(1, default, cancellationToken: source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.Soon());
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Disposal_interrupts_calls_under_way_and_closes_the_process()
    {
        var bench = await ClientBench.ConnectAsync();
        var lost = bench.Queue.ReceiveAsync().AsTask();
        await bench.Stream.NextCallAsync();
        var taken = bench.Queue.ReceiveAsync().AsTask();
        await bench.Stream.NextCallAsync();

        var disposing = bench.Client.DisposeAsync().AsTask();
        Assert.Equal([1UL, 2UL], (await bench.Stream.NextAsync()).Calls[0].Cancels);
        bench.Stream.Push(Calls.Results(5, Calls.Failed(1, Errno.EINTR), Calls.Message(2, "taken")));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => lost.Soon());
        Assert.Equal("taken"u8.ToArray(), (await taken.Soon()).Text.ToArray());

        var last = await bench.Stream.NextAsync();
        Assert.True(last.Close);
        Assert.Equal(3UL, last.Ack);
        bench.Stream.Push(Calls.Farewell(Errno.None));
        await disposing.Soon();
        Assert.True(bench.Transport.IsDisposed);
        await bench.Client.DisposeAsync().AsTask().Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => bench.Queue.SendAsync(1, default).AsTask().Soon());
    }

    [Fact]
    public async Task Disposal_is_bounded_and_reports_unknown_outcomes()
    {
        var bench = await ClientBench.ConnectAsync();
        var receiving = bench.Queue.ReceiveAsync().AsTask();
        await bench.Stream.NextCallAsync();
        var disposing = bench.Client.DisposeAsync().AsTask();
        bench.Time.Advance(TimeSpan.FromSeconds(4));
        await disposing.Soon();
        var exception = await Assert.ThrowsAsync<IpcSessionLostException>(() => receiving.Soon());
        Assert.Equal(Errno.ESRCH, exception.Errno);
    }
}
