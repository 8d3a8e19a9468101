using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Engine;

/// <summary>
/// A process that was stopped for longer than its lease of 30 s (see <see cref="Calls.Welcome"/>) and continued.
/// </summary>
public sealed class LeaseTests
{
    [Fact]
    public void Results_that_arrived_while_the_lease_ran_out_are_not_handed_out()
    {
        var bench = Stopped(out var stream);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "another has it by now")));
        Assert.Empty(bench.Completed);

        var sign = bench.Frame(stream);
        Assert.Equal(bench.NowMs, sign.SentMs);
        Assert.Equal(1UL, sign.Ack);
        Assert.All(sign.Calls, calls => Assert.Equal(1UL, calls.Ack));
    }

    [Fact]
    public void Doubted_results_are_handed_out_once_the_process_is_confirmed()
    {
        var bench = Stopped(out var stream);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "held")));
        bench.Receive(stream, new ServerFrame { RenewedMs = bench.Frame(stream).SentMs });
        Assert.Equal("held", Assert.Single(bench.Completed).Result!.Message.Text.ToStringUtf8());
    }

    [Fact]
    public void Doubted_results_beyond_the_bound_are_sent_again()
    {
        var bench = Stopped(out var stream);
        bench.Start(Calls.Receive(2));
        for (var i = 0; i < 4_096; i++)
            bench.Receive(stream, Calls.Results(2, Calls.Ok(99)));
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "let go")));
        bench.Receive(stream, new ServerFrame { RenewedMs = bench.Frames(stream)[^1].SentMs });
        Assert.Empty(bench.Completed);

        var again = bench.Frame(stream);
        Assert.Contains(1UL, again.Seqs());
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "let go")));
        Assert.Single(bench.Completed);
    }

    [Fact]
    public void Calls_of_a_process_with_an_expired_lease_fail_as_those_of_a_lost_one()
    {
        var bench = Stopped(out var stream);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "another has it by now")));
        bench.Receive(stream, Calls.Farewell(Errno.ESRCH));
        var call = Assert.Single(bench.Completed);
        Assert.Null(call.Result);
        Assert.Equal(Errno.ESRCH, call.Failure!.Errno);
    }

    [Fact]
    public void A_renewal_from_before_the_stop_proves_nothing()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Receive(1));
        var sentMs = bench.Frame(stream).SentMs;
        bench.Stop(30_000);
        bench.Receive(stream, new ServerFrame { RenewedMs = sentMs });
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "another has it by now")));
        Assert.Empty(bench.Completed);
    }

    [Fact]
    public void A_process_with_regular_renewals_is_never_in_doubt()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Receive(1));
        bench.Frames(stream);
        for (var i = 0; i < 100; i++)
        {
            bench.Pass(1_000);
            foreach (var frame in bench.Frames(stream))
                bench.Receive(stream, new ServerFrame { RenewedMs = frame.SentMs });
        }

        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "at last")));
        Assert.Single(bench.Completed);
    }

    [Fact]
    public void A_process_is_suspended_shortly_before_its_lease_ends_if_the_node_is_silent()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Pass(29_499);
        Assert.False(bench.Engine.IsSuspended);
        bench.Pass(1);
        Assert.True(bench.Engine.IsSuspended);
        Assert.Equal(1, bench.Engine.Lapses);

        var sentMs = bench.Frames(stream)[^1].SentMs; // from before: it says nothing about now
        bench.Pass(1_000);
        bench.Receive(stream, new ServerFrame { RenewedMs = sentMs - 29_000 });
        Assert.True(bench.Engine.IsSuspended);
        bench.Receive(stream, new ServerFrame { RenewedMs = bench.NowMs });
        Assert.False(bench.Engine.IsSuspended);
        Assert.Equal(1, bench.Engine.Lapses);
    }

    [Fact]
    public void A_process_that_cannot_connect_is_suspended_when_its_lease_ends()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Lose(stream);
        for (var i = 0; i < 29; i++)
        {
            bench.Pass(1_000);
            Assert.False(bench.Engine.IsSuspended);
        }

        bench.Pass(500);
        Assert.True(bench.Engine.IsSuspended);
        Assert.Equal(EngineState.Reconnecting, bench.Engine.State);
    }

    [Fact]
    public void A_process_that_was_stopped_learns_it_from_the_first_result()
    {
        var bench = Stopped(out var stream);
        Assert.False(bench.Engine.IsSuspended);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "another has it by now")));
        Assert.True(bench.Engine.IsSuspended);
    }

    [Fact]
    public void A_lapse_is_counted_when_the_process_is_lost()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Receive(stream, Calls.Farewell(Errno.ESRCH));
        Assert.Equal((false, 1), (bench.Engine.IsSuspended, bench.Engine.Lapses));
    }

    [Fact]
    public void Each_new_route_to_a_target_has_a_higher_number()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Receive(1));
        bench.Start(Calls.Receive(2));
        var first = bench.Frame(stream).Calls.Select(calls => calls.Route).ToArray();
        bench.Lose(stream);
        bench.Pass(100);
        var second = bench.Frame(bench.Greet("n2")).Calls.Select(calls => calls.Route).ToArray();
        Assert.Equal(2, second.Length);
        Assert.True(second.Min() > first.Max());
    }

    private static EngineBench Stopped(out EngineStream stream)
    {
        var bench = EngineBench.Connected(out stream);
        bench.Start(Calls.Receive(1));
        bench.Frames(stream);
        bench.Stop(30_000);
        return bench;
    }
}
