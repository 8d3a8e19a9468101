using Cluster.Protocol;

namespace Cluster.Client.Tests.Client;

public sealed class SendManyTests
{
    [Fact]
    public async Task All_messages_leave_in_one_frame_in_their_order()
    {
        var bench = await ClientBench.ConnectAsync();
        for (var round = 0; round < 50; round++)
        {
            var sending = bench.Queue.SendManyAsync(Messages(200), TimeSpan.FromSeconds(3));
            var calls = Assert.Single((await NextWithCallsAsync(bench)).Calls);
            Assert.Equal(Enumerable.Range(1, 200).Select(type => (long)type), calls.Calls.Select(c => c.Msgsnd.Type));
            Assert.All(calls.Calls, call => Assert.Equal(3_000, call.TimeoutMs));
            bench.Stream.Push(Calls.Results(5, [.. calls.Calls.Select(call => Calls.Ok(call.Seq))]));
            Assert.All(await sending.Soon(), outcome => Assert.True(outcome.IsSent));
        }
    }

    [Fact]
    public async Task Each_message_has_its_own_outcome()
    {
        var bench = await ClientBench.ConnectAsync();
        OutgoingMessage[] messages =
            [new(1, "a"u8.ToArray()), new(1, new byte[Bounds.MessageBytes + 1]), new(-1, default), new(1, default)];
        var sending = bench.Queue.SendManyAsync(messages, TimeSpan.FromSeconds(1));
        var calls = Assert.Single((await NextWithCallsAsync(bench)).Calls).Calls;
        Assert.Equal([1L, -1L, 1L], calls.Select(call => call.Msgsnd.Type));
        bench.Stream.Push(Calls.Results(
            5,
            Calls.Ok(calls[0].Seq),
            Calls.Failed(calls[1].Seq, Errno.EINVAL),
            Calls.Failed(calls[2].Seq, Errno.ETIMEDOUT)));
        Assert.Equal(
            [Errno.None, Errno.EINVAL, Errno.EINVAL, Errno.ETIMEDOUT],
            (await sending.Soon()).Select(outcome => outcome.Errno));
    }

    [Fact]
    public async Task Messages_beyond_a_frame_are_sent_in_the_next_frames()
    {
        var bench = await ClientBench.ConnectAsync(new IpcClientOptions { MaxCallsInFlight = 10_000 });
        var sending = bench.Queue.SendManyAsync(Messages(Bounds.CallsPerFrame + 10));
        var first = await NextWithCallsAsync(bench);
        var second = await NextWithCallsAsync(bench);
        Assert.InRange(first.Seqs().Count(), 1, Bounds.CallsPerFrame);
        ulong[] seqs = [.. first.Seqs(), .. second.Seqs()];
        while (seqs.Length < Bounds.CallsPerFrame + 10)
            seqs = [.. seqs, .. (await NextWithCallsAsync(bench)).Seqs()];
        Assert.Equal(seqs.Order(), seqs);
        bench.Stream.Push(Calls.Results(5, [.. seqs.Select(seq => Calls.Ok(seq))]));
        Assert.Equal(Bounds.CallsPerFrame + 10, (await sending.Soon()).Count(outcome => outcome.IsSent));
    }

    [Fact]
    public async Task Messages_beyond_the_window_wait_for_it()
    {
        var bench = await ClientBench.ConnectAsync(new IpcClientOptions { MaxCallsInFlight = 2 });
        var sending = bench.Queue.SendManyAsync(Messages(3));
        var first = await NextWithCallsAsync(bench);
        Assert.Equal([1UL, 2UL], first.Seqs());
        bench.Stream.Push(Calls.Results(5, Calls.Ok(1), Calls.Ok(2)));
        Assert.Equal([3UL], (await NextWithCallsAsync(bench)).Seqs());
        bench.Stream.Push(Calls.Results(5, Calls.Ok(3)));
        Assert.Equal(3, (await sending.Soon()).Count(outcome => outcome.IsSent));
    }

    [Fact]
    public async Task A_cancellation_is_the_outcome_of_unsent_messages()
    {
        var bench = await ClientBench.ConnectAsync();
        using var source = new CancellationTokenSource();
        var sending = bench.Queue.SendManyAsync(Messages(2), cancellationToken: source.Token);
        await NextWithCallsAsync(bench);
        await source.CancelAsync();
        bench.Stream.Push(Calls.Results(5, Calls.Ok(1), Calls.Failed(2, Errno.EINTR)));
        Assert.Equal([Errno.None, Errno.EINTR], (await sending.Soon()).Select(outcome => outcome.Errno));
    }

    [Fact]
    public async Task A_lost_process_leaves_the_outcome_unknown()
    {
        var bench = await ClientBench.ConnectAsync();
        var sending = bench.Queue.SendManyAsync(Messages(2));
        await NextWithCallsAsync(bench);
        bench.Stream.Push(Calls.Farewell(Errno.ESRCH));
        Assert.All(await sending.Soon(), outcome => Assert.Equal(Errno.ESRCH, outcome.Errno));
    }

    [Fact]
    public async Task A_client_that_was_disposed_throws_as_for_one_message()
    {
        var bench = await ClientBench.ConnectAsync();
        var sending = bench.Queue.SendManyAsync(Messages(2));
        await NextWithCallsAsync(bench);
        var closing = bench.Client.DisposeAsync().AsTask();
        bench.Stream.Push(Calls.Results(5, Calls.Ok(1), Calls.Failed(2, Errno.EINTR)));
        Assert.Equal([Errno.None, Errno.EINTR], (await sending.Soon()).Select(outcome => outcome.Errno));
        bench.Stream.Push(Calls.Farewell(Errno.None));
        await closing.Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => bench.Queue.SendManyAsync(Messages(2)).Soon());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => bench.Queue.SendAsync(1, default).AsTask().Soon());
    }

    [Fact]
    public async Task Too_many_messages_are_refused_and_none_is_sent()
    {
        var bench = await ClientBench.ConnectAsync();
        await Assert.ThrowsAsync<ArgumentException>(
            () => bench.Queue.SendManyAsync(Messages(Bounds.CallsPerProcess + 1)));
        Assert.Empty(await bench.Queue.SendManyAsync([]).Soon());
        var sending = bench.Queue.SendAsync(9, default).AsTask();
        Assert.Equal(9, (await bench.Stream.AnswerAsync(_ => new Result())).Msgsnd.Type);
        await sending.Soon();
    }

    private static IEnumerable<OutgoingMessage> Messages(int count) =>
        Enumerable.Range(1, count).Select(type => new OutgoingMessage(type, "text"u8.ToArray()));

    private static async Task<ClientFrame> NextWithCallsAsync(ClientBench bench)
    {
        while (true)
        {
            var frame = await bench.Stream.NextAsync();
            if (frame.Seqs().Any())
                return frame;
        }
    }
}
