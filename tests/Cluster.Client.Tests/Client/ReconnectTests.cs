using System.Collections.Concurrent;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Client;

public sealed class ReconnectTests
{
    [Fact]
    public async Task A_broken_stream_only_delays_calls()
    {
        var bench = await ClientBench.ConnectAsync();
        var receiving = bench.Queue.ReceiveAsync().AsTask();
        await bench.Stream.NextCallAsync();
        await bench.ReconnectAsync();

        var frame = await bench.Stream.NextAsync();
        Assert.True(frame.Calls[0].Resent);
        Assert.Equal([1UL], frame.Seqs());
        bench.Stream.Push(Calls.Results(5, Calls.Message(1, "late")));
        Assert.Equal("late"u8.ToArray(), (await receiving.Soon()).Text.ToArray());
    }

    [Fact]
    public async Task The_client_leaves_a_node_that_ends_the_stream()
    {
        var bench = await ClientBench.ConnectAsync();
        bench.Stream.Push(Calls.Farewell(Errno.EAGAIN, retry: true));
        await bench.Stream.Disposed.Soon();
        bench.Time.Advance(TimeSpan.FromMilliseconds(100));
        bench.Stream = await bench.Transport.WelcomeAsync();
        var sending = bench.Queue.SendAsync(1, default).AsTask();
        await bench.Stream.AnswerAsync(_ => new Result());
        await sending.Soon();
    }

    [Fact]
    public async Task Changes_of_state_are_reported_in_order()
    {
        var bench = await ClientBench.ConnectAsync();
        var seen = new ConcurrentQueue<IpcStateChange>();
        var closed = new TaskCompletionSource();
        bench.Client.StateChanged += (_, change) =>
        {
            seen.Enqueue(change);
            if (change.State == IpcConnectionState.Closed)
                closed.TrySetResult();
        };
        await bench.ReconnectAsync();
        var probe = bench.Queue.SendAsync(1, default).AsTask();
        await bench.Stream.AnswerAsync(_ => new Result());
        await probe.Soon();
        _ = bench.Stream.ServeAsync(_ => null);
        await bench.Client.DisposeAsync().AsTask().Soon();
        await closed.Task.Soon();

        var states = seen.Select(change => change.State).SkipWhile(state => state == IpcConnectionState.Connected);
        Assert.Equal(
            [IpcConnectionState.Reconnecting, IpcConnectionState.Connected, IpcConnectionState.Closed], states);
        Assert.Contains(seen, change => change.Reason == "connection reset");
    }

    [Fact]
    public async Task A_lost_process_fails_calls_before_and_after_its_loss()
    {
        var bench = await ClientBench.ConnectAsync();
        var receiving = bench.Queue.ReceiveAsync().AsTask();
        await bench.Stream.NextCallAsync();
        bench.Stream.Push(Calls.Farewell(Errno.ESRCH));
        var exception = await Assert.ThrowsAsync<IpcSessionLostException>(() => receiving.Soon());
        Assert.StartsWith("msgrcv: ESRCH", exception.Message, StringComparison.Ordinal);
        Assert.Equal(IpcConnectionState.Lost, bench.Client.State);
        await Assert.ThrowsAsync<IpcSessionLostException>(() => bench.Queue.SendAsync(1, default).AsTask().Soon());
        await bench.Client.DisposeAsync().AsTask().Soon();
    }

    [Fact]
    public async Task A_new_process_may_follow_a_lost_one()
    {
        var bench = await ClientBench.ConnectAsync(new IpcClientOptions { NewProcessWhenLost = true });
        bench.Stream.Push(Calls.Farewell(Errno.ESRCH));
        bench.Stream = await bench.Transport.WelcomeAsync(pid: 8);
        var sending = bench.Queue.SendAsync(1, default).AsTask();
        await bench.Stream.AnswerAsync(_ => new Result());
        await sending.Soon();
        Assert.Equal(8, bench.Client.Pid);
    }

    [Fact]
    public async Task Calls_move_to_the_owner_of_their_queue()
    {
        var bench = await ClientBench.ConnectAsync();
        var sending = bench.Queue.SendAsync(1, default).AsTask();
        await bench.Stream.NextCallAsync();
        bench.Stream.Push(Calls.Results(5, "n2", Calls.Ok(1)));
        await sending.Soon();

        var owner = await bench.Transport.WelcomeAsync("n2");
        Assert.Equal("n2", owner.RequestedNode);
        var arrived = 0;
        _ = bench.Stream.ServeAsync(_ => new Result(), owner: "n2");
        _ = owner.ServeAsync(_ =>
        {
            arrived++;
            return new Result();
        });
        while (arrived == 0)
            await bench.Queue.SendAsync(1, default).AsTask().Soon();
        for (var i = 0; i < 10; i++)
            await bench.Queue.SendAsync(1, default).AsTask().Soon();
        Assert.InRange(arrived, 10, int.MaxValue);
    }
}
