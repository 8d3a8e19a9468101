using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Engine;

public sealed class EndingTests
{
    [Fact]
    public void A_lost_process_fails_all_calls_permanently()
    {
        var bench = EngineBench.Connected(out var stream, new EngineSettings { Window = 1 });
        var sent = bench.Start(Calls.Send(1));
        var waiting = bench.Start(Calls.Send(1));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Farewell(Errno.ESRCH));

        Assert.Equal(EngineState.Failed, bench.Engine.State);
        Assert.All([sent, waiting], call => Assert.Equal(Errno.ESRCH, call.Failure!.Errno));
        Assert.Equal(Errno.ESRCH, bench.Start(Calls.Send(1)).Failure!.Errno);
        Assert.False(bench.WantsStream());
        Assert.Equal(long.MaxValue, bench.Engine.NextDueMs);
    }

    [Fact]
    public void A_new_process_makes_the_unsent_calls_of_the_lost_one()
    {
        var bench = EngineBench.Connected(out var stream, new EngineSettings { NewProcessWhenLost = true });
        var sent = bench.Start(Calls.Send(1));
        bench.Frames(stream);
        bench.Lose(stream);
        var unsent = bench.Start(Calls.Send(1));
        bench.Pass(100);
        var refusing = bench.TakeRequest();
        bench.Engine.Opened(refusing, bench.NowMs);
        bench.Frames(refusing);
        bench.Receive(refusing, Calls.Farewell(Errno.ESRCH));
        Assert.Equal(Errno.ESRCH, sent.Failure!.Errno);
        Assert.False(unsent.IsCompleted);

        var next = bench.Greet("n1", pid: 8);
        Assert.Equal(8, bench.Engine.Process!.Pid);
        var frame = bench.Frame(next);
        Assert.Equal([1UL], frame.Seqs());
        Assert.False(frame.Calls[0].Resent);
        bench.Receive(next, Calls.Results(1, Calls.Ok(1)));
        Assert.Equal(0, unsent.Result!.Errno);
    }

    [Fact]
    public void A_refused_hello_is_final()
    {
        var bench = new EngineBench();
        var call = bench.Start(Calls.Send(1));
        var stream = bench.TakeRequest();
        bench.Engine.Opened(stream, bench.NowMs);
        bench.Frames(stream);
        bench.Receive(stream, Calls.Farewell(Errno.ENOENT));
        Assert.Equal(Errno.ENOENT, call.Failure!.Errno);
    }

    [Fact]
    public void A_new_process_does_not_make_calls_that_belong_to_the_lost_one()
    {
        var settings = new EngineSettings { NewProcessWhenLost = true, CallsPerProcess = 2 };
        var bench = EngineBench.Connected(out var stream, settings);
        var made = bench.Start(Calls.Receive(1));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "m")));
        Assert.Equal(7, made.CompletedPid);

        EngineCall Bound()
        {
            var call = Calls.Receive(1);
            call.OfPid = made.CompletedPid;
            return call;
        }

        var unsent = bench.Start(Bound());
        var free = bench.Start(Calls.Receive(1));
        var waiting = bench.Start(Bound());
        bench.Receive(stream, Calls.Farewell(Errno.ESRCH));
        var between = bench.Start(Bound());
        var next = bench.Greet("n1", pid: 8);
        var after = bench.Start(Bound());
        Assert.All([unsent, waiting, between, after], call => Assert.Equal(Errno.ESRCH, call.Failure!.Errno));
        Assert.Equal([1UL], bench.Frame(next).Seqs());
        Assert.Equal(1UL, free.Seq);
    }

    [Fact]
    public void A_farewell_with_retry_moves_the_calls()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Send(1));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Farewell(Errno.EAGAIN, retry: true));
        Assert.Equal(EngineState.Reconnecting, bench.Engine.State);
        Assert.False(bench.WantsStream());
        bench.Pass(50);
        Assert.Equal([1UL], bench.Frame(bench.Greet("n2")).Seqs());
    }

    [Fact]
    public void A_stream_with_the_welcome_of_another_process_is_dropped()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Lose(stream);
        bench.Pass(100);
        var wrong = bench.Greet("n2", pid: 99);
        Assert.True(wrong.HasEnded);
        Assert.Equal(7, bench.Engine.Process!.Pid);
    }

    [Fact]
    public void Close_cancels_calls_and_waits_for_the_outcomes()
    {
        var bench = EngineBench.Connected(out var stream);
        var sent = bench.Start(Calls.Receive(1));
        bench.Frames(stream);
        var unsent = bench.Start(Calls.Receive(1));
        bench.Close();
        Assert.Equal((int)Errno.EINTR, unsent.Result!.Errno);
        var frame = bench.Frame(stream);
        Assert.Equal([1UL], frame.Calls[0].Cancels);
        Assert.False(frame.Close);

        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "m")));
        Assert.Equal("m", sent.Result!.Message.Text.ToStringUtf8());
        var last = bench.Frames(stream)[^1];
        Assert.True(last.Close);
        Assert.Equal(3UL, last.Ack);
        Assert.Equal(EngineState.Closing, bench.Engine.State);

        bench.Receive(stream, Calls.Farewell(Errno.None));
        Assert.Equal(EngineState.Closed, bench.Engine.State);
        Assert.Equal(Errno.ESRCH, bench.Start(Calls.Send(1)).Failure!.Errno);
    }

    [Fact]
    public void Close_waits_a_bounded_time_for_the_outcomes_and_the_answer()
    {
        var bench = EngineBench.Connected(out var stream);
        var call = bench.Start(Calls.Receive(1));
        bench.Frames(stream);
        bench.Close();
        bench.Frames(stream);
        bench.Pass(1_500);
        Assert.True(bench.Frame(stream).Close);
        bench.Pass(1_500);
        Assert.Equal(EngineState.Closed, bench.Engine.State);
        Assert.Equal(Errno.ESRCH, call.Failure!.Errno);
    }

    [Fact]
    public void Close_without_a_node_does_not_wait()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Lose(stream);
        bench.Close();
        Assert.Equal(EngineState.Closed, bench.Engine.State);
    }

    [Fact]
    public void Close_of_an_engine_that_never_connected_is_immediate()
    {
        var bench = new EngineBench();
        bench.Close();
        Assert.Equal(EngineState.Closed, bench.Engine.State);
    }
}
