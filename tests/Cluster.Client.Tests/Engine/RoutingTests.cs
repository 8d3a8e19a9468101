using Cluster.Client.Engine;

namespace Cluster.Client.Tests.Engine;

public sealed class RoutingTests
{
    [Fact]
    public void Calls_use_the_default_stream_until_the_owners_stream_is_up()
    {
        var bench = EngineBench.Connected(out var first);
        for (var i = 0; i < 3; i++)
            bench.Start(Calls.Send(1));
        bench.Start(Calls.Send(2));
        bench.Frames(first);
        bench.Receive(first, Calls.Results(1, "n2", Calls.Ok(1, revision: 5)));
        bench.Start(Calls.Send(1));
        Assert.Equal([5UL], bench.Frame(first).Seqs());

        var owner = bench.Greet("n2");
        Assert.Equal("n2", owner.RequestedNode);
        bench.Start(Calls.Send(1));
        var frame = bench.Frame(owner);
        Assert.Equal([2UL, 3UL, 5UL, 6UL], frame.Seqs());
        Assert.True(frame.Calls[0].Resent);
        Assert.Empty(bench.Frames(first));

        bench.Start(Calls.Send(2));
        Assert.Equal([7UL], bench.Frame(first).Seqs());
    }

    [Fact]
    public void The_stream_to_the_owner_starts_with_the_known_process()
    {
        var bench = EngineBench.Connected(out var first);
        bench.Start(Calls.Send(1));
        bench.Frames(first);
        bench.Receive(first, Calls.Results(1, "n2", Calls.Ok(1)));
        var owner = bench.TakeRequest();
        bench.Engine.Opened(owner, bench.NowMs);
        Assert.Equal(7, bench.Frame(owner).Hello.KnownProcess.Pid);
    }

    [Fact]
    public void An_unreachable_owner_is_not_tried_again_at_once()
    {
        var bench = EngineBench.Connected(out var first);
        Ask();
        bench.Lose(bench.TakeRequest());
        Ask();
        Assert.False(bench.WantsStream());
        Assert.Equal(EngineState.Connected, bench.Engine.State);

        bench.Pass(2_000);
        Ask();
        bench.Lose(bench.TakeRequest());
        bench.Pass(2_000);
        Ask();
        Assert.False(bench.WantsStream());
        bench.Pass(2_000);
        Ask();
        Assert.True(bench.WantsStream());

        void Ask()
        {
            var call = bench.Start(Calls.Send(1));
            bench.Frames(first);
            bench.Receive(first, Calls.Results(1, "n2", Calls.Ok(call.Seq)));
            Assert.True(call.IsCompleted);
        }
    }

    [Fact]
    public void A_late_result_of_an_earlier_owner_does_not_move_calls_back()
    {
        var bench = EngineBench.Connected(out var first);
        for (var i = 0; i < 4; i++)
            bench.Start(Calls.Send(1));
        bench.Frames(first);
        bench.Receive(first, Calls.Results(1, "n2", Calls.Ok(2, revision: 9)));
        var owner = bench.Greet("n2");
        bench.Frames(owner);

        bench.Receive(first, Calls.Results(1, "n1", Calls.Ok(1, revision: 8)));
        bench.Start(Calls.Send(1));
        Assert.Empty(bench.Frames(first));
        Assert.Equal([5UL], bench.Frame(owner).Seqs());
    }

    [Fact]
    public void Another_stream_takes_the_calls_of_a_broken_owners_stream_at_once()
    {
        var bench = EngineBench.Connected(out var first);
        for (var i = 0; i < 3; i++)
            bench.Start(Calls.Receive(1));
        bench.Frames(first);
        bench.Receive(first, Calls.Results(1, "n2", Calls.Message(1, "m")));
        var owner = bench.Greet("n2");
        Assert.Equal([2UL, 3UL], bench.Frame(owner).Seqs());

        bench.Lose(owner);
        Assert.Equal(EngineState.Connected, bench.Engine.State);
        var frame = bench.Frame(first);
        Assert.Equal([2UL, 3UL], frame.Seqs());
        Assert.True(frame.Calls[0].Resent);
    }

    [Fact]
    public void The_owners_stream_takes_all_calls_of_a_broken_first_stream()
    {
        var bench = EngineBench.Connected(out var first);
        bench.Start(Calls.Send(1));
        bench.Start(Calls.Send(2));
        bench.Frames(first);
        bench.Receive(first, Calls.Results(1, "n2", Calls.Ok(1)));
        var owner = bench.Greet("n2");
        bench.Frames(owner);
        bench.Lose(first);
        Assert.Equal([2UL], bench.Frames(owner).SelectMany(frame => frame.Seqs()));
        Assert.Equal(EngineState.Connected, bench.Engine.State);
    }

    [Fact]
    public void A_result_may_arrive_over_any_stream()
    {
        var bench = EngineBench.Connected(out var first);
        bench.Start(Calls.Send(1));
        var call = bench.Start(Calls.Send(1));
        bench.Frames(first);
        bench.Receive(first, Calls.Results(1, "n2", Calls.Ok(1)));
        var owner = bench.Greet("n2");
        bench.Receive(first, Calls.Results(1, "n2", Calls.Ok(2)));
        Assert.True(call.IsCompleted);
        Assert.DoesNotContain(bench.Frames(owner), frame => frame.Seqs().Any());
    }

    [Fact]
    public void Two_streams_to_one_node_become_one()
    {
        var bench = EngineBench.Connected(out var first);
        bench.Start(Calls.Send(1));
        bench.Start(Calls.Send(1));
        bench.Frames(first);
        bench.Receive(first, Calls.Results(1, "alias", Calls.Ok(1)));
        var second = bench.Greet("n1");
        Assert.True(first.HasEnded);
        Assert.Equal([2UL], bench.Frame(second).Seqs());
    }

    [Fact]
    public void Frames_of_an_ended_stream_are_ignored()
    {
        var bench = EngineBench.Connected(out var first);
        var call = bench.Start(Calls.Send(1));
        bench.Frames(first);
        bench.Lose(first);
        bench.Receive(first, Calls.Results(1, Calls.Ok(1)));
        bench.Lose(first);
        Assert.False(call.IsCompleted);
        Assert.Empty(bench.Frames(first));
    }
}
