using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Engine;

public sealed class FrameTests
{
    [Fact]
    public void The_first_frame_is_hello_and_nothing_else_and_calls_wait_for_welcome()
    {
        var bench = new EngineBench(new EngineSettings { Process = new NewProcess { Namespace = "/prod" } });
        bench.Start(Calls.Send(1));
        var stream = bench.TakeRequest();
        bench.Engine.Opened(stream, bench.NowMs);

        var hello = bench.Frame(stream);
        Assert.Equal("/prod", hello.Hello.NewProcess.Namespace);
        Assert.Empty(hello.Calls);

        bench.Receive(stream, Calls.Welcome("n1"));
        Assert.Equal([1UL], bench.Frame(stream).Seqs());
        Assert.Equal(EngineState.Connected, bench.Engine.State);
    }

    [Fact]
    public void Waiting_calls_share_a_frame_grouped_by_target_in_order()
    {
        var bench = EngineBench.Connected(out var stream);
        foreach (var queue in new long[] { 1, 2, 1, 2, 1 })
            bench.Start(Calls.Send(queue));

        var frame = bench.Frame(stream);
        Assert.Equal([1L, 2L], frame.Calls.Select(calls => calls.Target.Id));
        Assert.Equal([1UL, 3UL, 5UL], frame.Calls[0].Calls.Select(call => call.Seq));
        Assert.Equal([2UL, 4UL], frame.Calls[1].Calls.Select(call => call.Seq));
        Assert.All(frame.Calls, calls => Assert.False(calls.Resent));
        Assert.Empty(bench.Frames(stream));
    }

    [Fact]
    public void Frames_have_a_bound_of_calls_and_serve_targets_in_turn()
    {
        var bench = EngineBench.Connected(out var stream, new EngineSettings { CallsPerFrame = 4 });
        for (var i = 0; i < 6; i++)
            bench.Start(Calls.Send(1));
        bench.Start(Calls.Send(2));

        var frames = bench.Frames(stream);
        Assert.All(frames, frame => Assert.True(frame.Seqs().Count() <= 4));
        Assert.Equal([1UL, 2UL, 3UL, 4UL], frames[0].Seqs());
        Assert.Equal([7UL, 5UL, 6UL], frames[1].Seqs());
    }

    [Fact]
    public void Frames_have_a_bound_of_bytes_and_a_larger_call_has_its_own_frame()
    {
        var bench = EngineBench.Connected(out var stream, new EngineSettings { FrameTargetBytes = 1_000 });
        foreach (var bytes in new[] { 400, 400, 400, 5_000, 10, 10 })
            bench.Start(Calls.Send(1, bytes));

        var frames = bench.Frames(stream).Select(frame => frame.Seqs().ToArray());
        Assert.Equal([[1UL, 2UL], [3UL], [4UL], [5UL, 6UL]], frames);
    }

    [Fact]
    public void A_frame_names_the_last_call_before_it_without_a_result()
    {
        var bench = EngineBench.Connected(out var stream);
        AssertSent(0, [1], 1);
        AssertSent(0, [2], 2); // of the same target
        AssertSent(1, [3, 4], 1, 1);
        bench.Receive(stream, Calls.Results(1, Calls.Ok(3)));
        AssertSent(4, [5], 1);
        bench.Receive(stream, Calls.Results(1, Calls.Ok(4), Calls.Ok(5)));
        AssertSent(1, [6], 1);
        bench.Receive(stream, Calls.Results(1, Calls.Ok(1), Calls.Ok(6)));
        AssertSent(0, [7], 1);

        void AssertSent(ulong after, ulong[] seqs, params long[] queues)
        {
            foreach (var queue in queues) bench.Start(Calls.Send(queue));
            var calls = Assert.Single(bench.Frame(stream).Calls);
            Assert.Equal(after, calls.After);
            Assert.Equal(seqs, calls.Calls.Select(call => call.Seq));
        }
    }

    [Fact]
    public void All_calls_without_a_result_are_sent_again_in_order_when_the_target_lacks_one()
    {
        var bench = EngineBench.Connected(out var stream);
        for (var i = 0; i < 3; i++)
        {
            bench.Start(Calls.Send(1));
            bench.Frame(stream);
        }

        bench.Receive(stream, new ServerFrame
        {
            Results = { new TargetResults { Target = Calls.Queue(1), Moved = true } },
        });
        var calls = Assert.Single(bench.Frame(stream).Calls);
        Assert.Equal(0UL, calls.After);
        Assert.Equal([1UL, 2UL, 3UL], calls.Calls.Select(call => call.Seq));
    }

    [Fact]
    public void Repeated_calls_that_are_not_consecutive_have_separate_entries()
    {
        const int large = 200_000; // asserted less often
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Send(1));
        bench.Start(Calls.Send(1, large));
        bench.Start(Calls.Send(1));
        bench.Frames(stream);
        bench.Pass(10_000);

        var calls = bench.Frames(stream).SelectMany(frame => frame.Calls).ToList();
        Assert.Equal([(0UL, 1UL), (2UL, 3UL)], calls.Select(each => (each.After, Assert.Single(each.Calls).Seq)));
    }

    [Fact]
    public void A_silent_stream_sends_an_empty_frame_within_a_third_of_the_lease()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Pass(5_000);
        Assert.Empty(bench.Frames(stream));
        bench.Pass(5_000);

        var frame = bench.Frame(stream);
        Assert.Empty(frame.Calls);
        Assert.Equal(1UL, frame.Ack);
    }

    [Fact]
    public void A_short_lease_is_renewed_often_enough()
    {
        var bench = new EngineBench();
        bench.Engine.Connect(bench.NowMs);
        var stream = bench.TakeRequest();
        bench.Engine.Opened(stream, bench.NowMs);
        bench.Frames(stream);
        var welcome = Calls.Welcome("n1");
        welcome.Welcome.LeaseMs = 1_000;
        bench.Receive(stream, welcome);
        bench.Pass(2_000);
        bench.Frames(stream);

        for (var i = 0; i < 5; i++)
        {
            bench.Pass(334);
            Assert.NotEmpty(bench.Frames(stream));
        }
    }

    [Fact]
    public void The_writer_is_woken_once_until_it_finds_no_frame()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Frames(stream);
        while (bench.Engine.TryTakeWoken(out _))
        {
        }

        bench.Start(Calls.Send(1));
        bench.Start(Calls.Send(2));
        Assert.True(bench.Engine.TryTakeWoken(out var woken));
        Assert.Same(stream, woken);
        Assert.False(bench.Engine.TryTakeWoken(out _));

        bench.Frames(stream);
        bench.Start(Calls.Send(1));
        Assert.True(bench.Engine.TryTakeWoken(out _));
    }
}
