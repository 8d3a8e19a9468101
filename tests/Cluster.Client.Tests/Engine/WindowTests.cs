using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Engine;

public sealed class WindowTests
{
    private static readonly EngineSettings Narrow = new() { Window = 2 };

    [Fact]
    public void Sends_beyond_the_window_wait_in_order_until_results_come()
    {
        var bench = EngineBench.Connected(out var stream, Narrow);
        var sends = Enumerable.Range(0, 5).Select(_ => bench.Start(Calls.Send(1))).ToArray();
        Assert.Equal([1UL, 2UL], bench.Frame(stream).Seqs());
        Assert.Equal(0UL, sends[2].Seq);

        bench.Receive(stream, Calls.Results(1, Calls.Ok(1)));
        Assert.Equal([3UL], bench.Frame(stream).Seqs());
        bench.Receive(stream, Calls.Results(1, Calls.Ok(2), Calls.Ok(3)));
        Assert.Equal([4UL, 5UL], bench.Frame(stream).Seqs());
        Assert.Equal(4UL, sends[3].Seq);
    }

    [Fact]
    public void Other_calls_pass_a_full_window_because_a_blocked_sender_may_need_them()
    {
        var bench = EngineBench.Connected(out var stream, Narrow);
        for (var i = 0; i < 3; i++)
            bench.Start(Calls.Send(1));
        bench.Start(Calls.Receive(1));
        Assert.Equal([1UL, 2UL, 3UL], bench.Frame(stream).Seqs());
    }

    [Fact]
    public void All_calls_together_have_the_bound_of_the_cluster()
    {
        var bench = EngineBench.Connected(out var stream, new EngineSettings { CallsPerProcess = 2 });
        for (var i = 0; i < 3; i++)
            bench.Start(Calls.Receive(1));
        Assert.Equal([1UL, 2UL], bench.Frame(stream).Seqs());
        bench.Receive(stream, Calls.Results(1, Calls.Message(2, "m")));
        Assert.Equal([3UL], bench.Frame(stream).Seqs());
    }

    [Fact]
    public void A_send_with_IPC_NOWAIT_does_not_wait_for_the_window()
    {
        var bench = EngineBench.Connected(out var stream, Narrow);
        for (var i = 0; i < 3; i++)
            bench.Start(Calls.Send(1));
        bench.Frame(stream);
        bench.Start(Calls.Send(2));
        Assert.Empty(bench.Frames(stream));
        bench.Start(Calls.Send(2, flags: IpcFlags.IPC_NOWAIT));
        Assert.Equal([3UL], bench.Frame(stream).Seqs());
        bench.Receive(stream, Calls.Results(2, Calls.Ok(3)));
        Assert.Empty(bench.Frames(stream).SelectMany(frame => frame.Seqs())); // it has no place there to give up
        bench.Receive(stream, Calls.Results(1, Calls.Ok(1)));
        Assert.Equal([4UL], bench.Frame(stream).Seqs());
    }

    [Fact]
    public void A_call_that_waits_for_the_window_can_be_cancelled_and_times_out()
    {
        var bench = EngineBench.Connected(out var stream, Narrow);
        bench.Start(Calls.Send(1));
        bench.Start(Calls.Send(1));
        var cancelled = bench.Start(Calls.Send(1));
        var late = bench.Start(Calls.Send(1, timeoutMs: 500));
        bench.Cancel(cancelled);
        Assert.Equal((int)Errno.EINTR, cancelled.Result!.Errno);
        bench.Pass(1_500);
        Assert.Equal((int)Errno.ETIMEDOUT, late.Result!.Errno);

        bench.Receive(stream, Calls.Results(1, Calls.Ok(1), Calls.Ok(2)));
        Assert.Equal([1UL, 2UL], bench.Frames(stream).SelectMany(frame => frame.Seqs()));
    }

    [Fact]
    public void The_wait_for_the_window_counts_against_the_time_out()
    {
        var bench = EngineBench.Connected(out var stream, Narrow);
        bench.Start(Calls.Send(1));
        bench.Start(Calls.Send(1));
        bench.Start(Calls.Send(1, timeoutMs: 500));
        bench.Frames(stream);
        bench.Pass(200);
        bench.Receive(stream, Calls.Results(1, Calls.Ok(1)));
        Assert.Equal(300, bench.Frames(stream)[^1].Calls[0].Calls[0].TimeoutMs);
    }
}
