using System.Text;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Client;

public sealed class DeliveryTests
{
    [Fact]
    public async Task An_acknowledged_message_is_acknowledged_to_the_queue()
    {
        var bench = await ClientBench.ConnectAsync();
        var (delivery, call) = await ReceiveAsync(bench);
        Assert.Equal(("text", 12UL), (Encoding.UTF8.GetString(delivery.Message.Text.Span), delivery.Message.Revision));
        Assert.False(delivery.IsSettled);
        Assert.Equal(call.Seq, await AckOfNextCallAsync(bench));

        await delivery.AckAsync();
        Assert.True(delivery.IsSettled);
        Assert.Equal(call.Seq + 2, await AckOfNextCallAsync(bench));
        await delivery.DisposeAsync().AsTask().Soon(); // sends nothing
        Assert.Equal(call.Seq + 3, await AckOfNextCallAsync(bench));
    }

    [Fact]
    public async Task A_returned_message_is_named_by_its_seq_and_acknowledged_afterwards()
    {
        var bench = await ClientBench.ConnectAsync();
        var (delivery, call) = await ReceiveAsync(bench);
        var returning = delivery.ReturnAsync().AsTask();
        var (target, back) = await bench.Stream.NextCallAsync();
        Assert.Equal((Kind.MessageQueue, 5L, call.Seq), (target.Kind, target.Id, back.Msgreturn.Seq));
        Assert.False(returning.IsCompleted);
        bench.Stream.Push(Calls.Results(5, Calls.Ok(back.Seq)));
        await returning.Soon();
        Assert.True(delivery.IsSettled);
        Assert.Equal(call.Seq + 2, await AckOfNextCallAsync(bench));
    }

    [Fact]
    public async Task Disposal_returns_a_message_that_was_not_acknowledged()
    {
        var bench = await ClientBench.ConnectAsync();
        var (delivery, call) = await ReceiveAsync(bench);
        var disposing = delivery.DisposeAsync().AsTask();
        var back = await bench.Stream.AnswerAsync(_ => new Result());
        await disposing.Soon();
        Assert.Equal(call.Seq, back.Msgreturn.Seq);
    }

    [Fact]
    public async Task A_handler_that_throws_returns_the_message_and_the_client_lives()
    {
        var bench = await ClientBench.ConnectAsync();
        var receiving = bench.Queue.ReceiveIntoAsync(_ => throw new IOException("disk full"));
        var call = await bench.Stream.AnswerAsync(_ => Calls.Message(0, "text"));
        var back = await bench.Stream.AnswerAsync(_ => new Result());
        Assert.Equal(call.Seq, back.Msgreturn.Seq);
        Assert.Equal("disk full", (await Assert.ThrowsAsync<IOException>(() => receiving.Soon())).Message);

        var sending = bench.Queue.SendAsync(1, default).AsTask();
        await bench.Stream.AnswerAsync(_ => new Result());
        await sending.Soon();
    }

    [Fact]
    public async Task A_handler_that_completes_acknowledges_the_message()
    {
        var bench = await ClientBench.ConnectAsync();
        var saved = new List<string>();
        var receiving = bench.Queue.ReceiveIntoAsync(message =>
        {
            saved.Add(Encoding.UTF8.GetString(message.Text.Span));
            return ValueTask.CompletedTask;
        });
        var call = await bench.Stream.AnswerAsync(_ => Calls.Message(0, "text"));
        await receiving.Soon();
        Assert.Equal(["text"], saved);
        Assert.Equal(call.Seq + 1, await AckOfNextCallAsync(bench));
    }

    [Fact]
    public async Task A_delivery_is_acknowledged_or_returned_once()
    {
        var bench = await ClientBench.ConnectAsync();
        var (delivery, _) = await ReceiveAsync(bench);
        await delivery.AckAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => delivery.AckAsync().AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => delivery.ReturnAsync().AsTask());
    }

    [Fact]
    public async Task A_return_that_fails_leaves_the_delivery_open()
    {
        var bench = await ClientBench.ConnectAsync();
        var (delivery, _) = await ReceiveAsync(bench);
        var returning = delivery.ReturnAsync(new CancellationToken(canceled: true)).AsTask();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => returning.Soon());
        Assert.False(delivery.IsSettled);
        returning = delivery.ReturnAsync().AsTask();
        await bench.Stream.AnswerAsync(_ => new Result());
        await returning.Soon();
    }

    [Fact]
    public async Task An_older_node_keeps_a_returned_message_until_the_process_ends()
    {
        var bench = await ClientBench.ConnectAsync();
        var (delivery, call) = await ReceiveAsync(bench);
        var disposing = delivery.DisposeAsync().AsTask();
        await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.EINVAL));
        await disposing.Soon();

        var closing = bench.Client.DisposeAsync().AsTask();
        ClientFrame frame;
        do frame = await bench.Stream.NextAsync();
        while (!frame.Close);
        Assert.Equal(call.Seq, frame.Ack);
        bench.Stream.Push(Calls.Farewell(Errno.None));
        await closing.Soon();
    }

    [Fact]
    public async Task A_return_of_a_message_that_is_back_already_succeeds()
    {
        var bench = await ClientBench.ConnectAsync();
        var (delivery, call) = await ReceiveAsync(bench);
        var returning = delivery.ReturnAsync().AsTask();
        await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.ENOENT));
        await returning.Soon();
        Assert.Equal(call.Seq + 2, await AckOfNextCallAsync(bench));
    }

    [Fact]
    public async Task The_delivery_of_a_lost_process_is_back_in_the_queue()
    {
        var bench = await ClientBench.ConnectAsync(new IpcClientOptions { NewProcessWhenLost = true });
        var (delivery, _) = await ReceiveAsync(bench);
        var (other, _) = await ReceiveAsync(bench);
        bench.Stream.Push(Calls.Farewell(Errno.ESRCH));
        bench.Stream = await bench.Transport.WelcomeAsync(pid: 8);
        var (fresh, call) = await ReceiveAsync(bench); // has the seq that the first delivery had
        Assert.Equal(1UL, call.Seq);

        await Assert.ThrowsAsync<IpcSessionLostException>(() => delivery.AckAsync().AsTask());
        await other.ReturnAsync().AsTask().Soon();
        Assert.Equal(1UL, await AckOfNextCallAsync(bench));
        await fresh.AckAsync();
    }

    [Fact]
    public async Task A_delivery_of_a_closed_client_cannot_be_acknowledged()
    {
        var bench = await ClientBench.ConnectAsync();
        var (delivery, _) = await ReceiveAsync(bench);
        _ = bench.Stream.ServeAsync(_ => null);
        await bench.Client.DisposeAsync().AsTask().Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => delivery.AckAsync().AsTask());
        await delivery.DisposeAsync().AsTask().Soon();
    }

    [Fact]
    public async Task A_copy_cannot_be_delivered()
    {
        var bench = await ClientBench.ConnectAsync();
        await Assert.ThrowsAsync<ArgumentException>(
            () => bench.Queue.ReceiveDeliveryAsync(flags: MsgFlags.Copy | MsgFlags.NoWait).AsTask());
    }

    private static async Task<(Delivery<IpcMessage> Delivery, Call Call)> ReceiveAsync(ClientBench bench)
    {
        var receiving = bench.Queue.ReceiveDeliveryAsync().AsTask();
        var call = await bench.Stream.AnswerAsync(_ => Calls.Message(0, "text", revision: 12));
        return (await receiving.Soon(), call);
    }

    /// <summary>The acknowledgements of the next call to its queue.</summary>
    private static async Task<ulong> AckOfNextCallAsync(ClientBench bench)
    {
        var sending = bench.Queue.SendAsync(1, default).AsTask();
        ClientFrame frame;
        do frame = await bench.Stream.NextAsync();
        while (!frame.Seqs().Any());
        var calls = Assert.Single(frame.Calls);
        bench.Stream.Push(Calls.Results(5, Calls.Ok(Assert.Single(calls.Calls).Seq)));
        await sending.Soon();
        return calls.Pending.Count > 0 ? calls.Pending[0] : calls.Ack;
    }
}
