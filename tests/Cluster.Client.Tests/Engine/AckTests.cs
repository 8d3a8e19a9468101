using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Engine;

public sealed class AckTests
{
    [Fact]
    public void Ack_is_the_lowest_seq_without_a_result()
    {
        var bench = EngineBench.Connected(out var stream);
        for (var i = 0; i < 3; i++)
            bench.Start(Calls.Send(1));
        Assert.Equal(1UL, bench.Frame(stream).Ack);

        bench.Receive(stream, Calls.Results(1, Calls.Ok(1), Calls.Ok(3)));
        bench.Start(Calls.Send(1));
        var frame = bench.Frame(stream);
        Assert.Equal(2UL, frame.Ack);
        Assert.Equal((4UL, 2UL), (frame.Calls[0].Ack, Assert.Single(frame.Calls[0].Pending)));

        bench.Receive(stream, Calls.Results(1, Calls.Ok(2), Calls.Ok(4)));
        Assert.Equal(5UL, bench.Engine.Ack);
        Assert.Equal(0, bench.Engine.OutstandingCount);
    }

    [Fact]
    public void A_blocked_call_does_not_delay_the_ack_of_another_target()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Receive(1));
        bench.Start(Calls.Send(2));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(2, Calls.Ok(2)));
        bench.Pass(10);

        var frame = bench.Frame(stream);
        Assert.Equal(1UL, frame.Ack);
        var calls = Assert.Single(frame.Calls);
        Assert.Equal(2, calls.Target.Id);
        Assert.Equal(3UL, calls.Ack);
        Assert.Empty(calls.Calls);
    }

    [Fact]
    public void A_deferred_acknowledgement_is_sent_after_the_confirmation_and_not_before()
    {
        var bench = EngineBench.Connected(out var stream);
        var deferred = Calls.Receive(1);
        deferred.DefersAck = true;
        bench.Start(deferred);
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "text")));
        Assert.True(deferred.IsCompleted);
        bench.Start(Calls.Send(1));
        bench.Start(Calls.Send(2));
        var sends = bench.Frame(stream);
        Assert.Equal([1UL, 1UL, 3UL], [sends.Ack, .. sends.Calls.Select(calls => calls.Ack)]);
        bench.Receive(stream, Calls.Results(1, Calls.Ok(2)));
        bench.Receive(stream, Calls.Results(2, Calls.Ok(3)));
        bench.Pass(20_000);
        var frames = bench.Frames(stream);
        Assert.All(frames, frame => Assert.Equal(1UL, frame.Ack));
        Assert.All(
            frames.SelectMany(frame => frame.Calls).Where(calls => calls.Target.Id == 1),
            calls => Assert.Equal([1UL], calls.Pending));

        Assert.False(bench.Engine.Confirm(Calls.Queue(1), 1, pid: 6, bench.NowMs));
        Assert.True(bench.Engine.Confirm(Calls.Queue(1), 1, pid: 7, bench.NowMs));
        Assert.False(bench.Engine.Confirm(Calls.Queue(1), 1, pid: 7, bench.NowMs));
        bench.Pass(10);
        var last = bench.Frames(stream)[^1];
        Assert.Equal(4UL, last.Ack);
        var told = Assert.Single(last.Calls);
        Assert.Equal((1L, 4UL, 0), (told.Target.Id, told.Ack, told.Pending.Count));
    }

    [Fact]
    public void A_deferred_acknowledgement_does_not_delay_other_acknowledgements()
    {
        var bench = EngineBench.Connected(out var stream);
        var deferred = Calls.Receive(1);
        deferred.DefersAck = true;
        bench.Start(deferred);
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "text")));
        for (var seq = 2UL; seq < 100; seq++)
        {
            var queue = seq % 2 == 0 ? 1 : 2;
            bench.Start(Calls.Send(queue));
            var calls = Assert.Single(bench.Frame(stream).Calls);
            Assert.Equal(seq == 2 ? 1UL : seq, calls.Ack);
            bench.Receive(stream, Calls.Results(queue, Calls.Ok(seq)));
        }
    }

    [Fact]
    public void An_idle_target_with_a_deferred_acknowledgement_is_kept()
    {
        var bench = EngineBench.Connected(out var stream);
        var deferred = Calls.Receive(1);
        deferred.DefersAck = true;
        bench.Start(deferred);
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "text")));
        bench.Pass(600_000);
        bench.Frames(stream);
        Assert.True(bench.Engine.Confirm(Calls.Queue(1), 1, pid: 7, bench.NowMs));
        bench.Pass(10);
        Assert.Equal(2UL, Assert.Single(bench.Frame(stream).Calls).Ack);
    }

    [Fact]
    public void A_process_has_a_bounded_number_of_deferred_acknowledgements()
    {
        var bench = EngineBench.Connected(out var stream, new EngineSettings { CallsPerProcess = 2 });
        for (var seq = 1UL; seq <= 2; seq++)
        {
            var deferred = Calls.Receive(1);
            deferred.DefersAck = true;
            bench.Start(deferred);
            bench.Frames(stream);
            bench.Receive(stream, Calls.Results(1, Calls.Message(seq, "text")));
        }

        var refused = Calls.Receive(1);
        refused.DefersAck = true;
        Assert.Equal((int)Errno.ENOBUFS, bench.Start(refused).Result!.Errno);
    }

    [Fact]
    public void A_process_that_ends_does_not_acknowledge_unsaved_results()
    {
        var bench = EngineBench.Connected(out var stream);
        var deferred = Calls.Receive(1);
        deferred.DefersAck = true;
        bench.Start(deferred);
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "text")));
        bench.Close();
        var frame = bench.Frame(stream);
        Assert.Equal((true, 1UL), (frame.Close, frame.Ack));
    }

    [Fact]
    public void A_failed_call_is_acknowledged_at_once()
    {
        var bench = EngineBench.Connected(out var stream);
        var deferred = Calls.Receive(1);
        deferred.DefersAck = true;
        bench.Start(deferred);
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Failed(1, Errno.ENOMSG)));
        Assert.Equal(2UL, bench.Engine.Ack);
    }

    [Fact]
    public void A_result_is_acknowledged_within_ten_milliseconds_and_once()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Send(1));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Ok(1)));
        bench.Pass(9);
        Assert.Empty(bench.Frames(stream));

        bench.Pass(1);
        var calls = Assert.Single(bench.Frame(stream).Calls);
        Assert.Equal(2UL, calls.Ack);
        Assert.Empty(calls.Calls);

        bench.Pass(1_000);
        Assert.Empty(bench.Frames(stream));
    }

    [Fact]
    public void A_further_call_carries_the_ack_without_an_extra_frame()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Send(1));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Ok(1)));
        bench.Pass(5);
        bench.Start(Calls.Receive(1));
        Assert.Equal(2UL, bench.Frame(stream).Calls[0].Ack);

        bench.Pass(100);
        Assert.Empty(bench.Frames(stream));
    }

    [Fact]
    public void A_blocked_call_does_not_delay_later_acks_of_its_target()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Receive(1));
        bench.Start(Calls.Send(1));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Ok(2)));
        bench.Pass(10);
        var calls = bench.Frame(stream).Calls[0];
        Assert.Equal((3UL, 1UL), (calls.Ack, Assert.Single(calls.Pending)));
        bench.Pass(100);
        Assert.Empty(bench.Frames(stream));

        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "m")));
        bench.Pass(10);
        calls = bench.Frame(stream).Calls[0];
        Assert.Equal(3UL, calls.Ack);
        Assert.Empty(calls.Pending);
        bench.Pass(100);
        Assert.Empty(bench.Frames(stream));
    }

    [Fact]
    public void The_number_of_pending_calls_in_an_ack_is_bounded()
    {
        var bench = EngineBench.Connected(out var stream);
        for (var i = 0; i < Bounds.PendingPerTarget + 2; i++)
            bench.Start(Calls.Receive(1));
        bench.Start(Calls.Send(1));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Ok(Bounds.PendingPerTarget + 3)));
        bench.Pass(10);
        bench.Start(Calls.Send(1));
        var calls = bench.Frame(stream).Calls[0];
        Assert.Equal(Bounds.PendingPerTarget, calls.Pending.Count);
        Assert.Equal(Bounds.PendingPerTarget + 1UL, calls.Ack);
    }

    [Fact]
    public void Duplicate_results_complete_nothing_and_are_acknowledged_again()
    {
        var bench = EngineBench.Connected(out var stream);
        var call = bench.Start(Calls.Receive(1));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "first")));
        bench.Pass(10);
        Assert.Equal(2UL, bench.Frame(stream).Calls[0].Ack);

        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "second")));
        Assert.Same(call, Assert.Single(bench.Completed));
        Assert.Equal("first", call.Result!.Message.Text.ToStringUtf8());
        bench.Pass(10);
        Assert.Equal(2UL, bench.Frame(stream).Calls[0].Ack);
    }

    [Fact]
    public void A_result_for_an_unknown_call_or_another_target_is_ignored()
    {
        var bench = EngineBench.Connected(out var stream);
        var call = bench.Start(Calls.Send(1));
        bench.Start(Calls.Send(2));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(2, Calls.Ok(1)));
        bench.Receive(stream, Calls.Results(9, Calls.Ok(77)));
        Assert.False(call.IsCompleted);
    }

    [Fact]
    public void Acks_are_sent_again_after_a_lost_stream()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Send(1));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Ok(1)));
        bench.Pass(10);
        bench.Frames(stream);
        bench.Lose(stream);
        bench.Pass(100);

        var next = bench.Greet("n2");
        bench.Pass(10);
        Assert.Equal(2UL, bench.Frame(next).Calls[0].Ack);
    }
}
