using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Engine;

public sealed class CancelTests
{
    [Fact]
    public void A_cancel_withdraws_an_unsent_call()
    {
        var bench = EngineBench.Connected(out var stream);
        var call = bench.Start(Calls.Send(1));
        bench.Start(Calls.Send(1));
        bench.Cancel(call);
        Assert.Equal((int)Errno.EINTR, call.Result!.Errno);
        Assert.False(call.EverSent);

        var frame = bench.Frame(stream);
        Assert.Equal([2UL], frame.Seqs());
        Assert.Empty(frame.Calls[0].Cancels);
        Assert.Equal(2UL, frame.Ack);
    }

    [Theory]
    [InlineData(Errno.EINTR)]
    [InlineData(Errno.None)]
    public void A_cancelled_call_that_was_sent_completes_with_its_one_result(Errno outcome)
    {
        var bench = EngineBench.Connected(out var stream);
        var call = bench.Start(Calls.Receive(1));
        bench.Frames(stream);
        bench.Cancel(call);
        bench.Cancel(call);
        Assert.False(call.IsCompleted);

        var calls = Assert.Single(bench.Frame(stream).Calls);
        Assert.Empty(calls.Calls);
        Assert.Equal([1UL], calls.Cancels);
        Assert.Empty(bench.Frames(stream));

        bench.Receive(stream, Calls.Results(1, Calls.Failed(1, outcome)));
        Assert.Equal((int)outcome, call.Result!.Errno);
    }

    [Fact]
    public void A_cancel_is_not_sent_for_a_call_that_completed_meanwhile()
    {
        var bench = EngineBench.Connected(out var stream);
        var call = bench.Start(Calls.Receive(1));
        bench.Frames(stream);
        bench.Cancel(call);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "m")));
        Assert.Empty(bench.Frames(stream));

        // The object is used for another call, as a pool would do.
        call.Prepare(Calls.Queue(1), new Call { Msgrcv = new MsgRcv() });
        bench.Start(call);
        Assert.Empty(bench.Frame(stream).Calls[0].Cancels);
    }

    [Fact]
    public void A_cancel_is_sent_again_with_its_call_after_a_lost_stream()
    {
        var bench = EngineBench.Connected(out var stream);
        var call = bench.Start(Calls.Receive(1));
        bench.Frames(stream);
        bench.Lose(stream);
        bench.Cancel(call);
        Assert.False(call.IsCompleted);
        bench.Pass(100);

        var calls = Assert.Single(bench.Frame(bench.Greet("n2")).Calls);
        Assert.Equal([1UL], calls.Calls.Select(sent => sent.Seq));
        Assert.Equal([1UL], calls.Cancels);
        Assert.True(calls.Resent);
    }
}
