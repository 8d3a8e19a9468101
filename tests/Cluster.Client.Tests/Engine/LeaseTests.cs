using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Engine;

/// <summary>A process that was stopped beyond its lease of 30 s (see <see cref="Calls.Welcome"/>), and goes on.</summary>
public sealed class LeaseTests
{
    [Fact]
    public void What_lay_in_the_socket_while_the_lease_ran_out_is_not_handed_out()
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
    public void If_the_process_lived_on_the_result_comes_again_and_is_handed_out()
    {
        var bench = Stopped(out var stream);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "held")));
        var sentMs = bench.Frame(stream).SentMs;
        bench.Receive(stream, new ServerFrame { RenewedMs = sentMs });

        var again = bench.Frame(stream);
        Assert.True(again.Calls[0].Resent);
        Assert.Equal([1UL], again.Seqs());
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "held")));
        Assert.Equal("held", Assert.Single(bench.Completed).Result!.Message.Text.ToStringUtf8());
    }

    [Fact]
    public void If_it_was_taken_for_dead_its_calls_fail_as_those_of_a_lost_process()
    {
        var bench = Stopped(out var stream);
        bench.Receive(stream, Calls.Results(1, Calls.Message(1, "another has it by now")));
        bench.Receive(stream, Calls.Farewell(Errno.ESRCH));
        var call = Assert.Single(bench.Completed);
        Assert.Null(call.Result);
        Assert.Equal(Errno.ESRCH, call.Failure!.Errno);
    }

    [Fact]
    public void A_confirmation_from_before_the_stop_proves_nothing()
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
    public void Who_speaks_and_is_confirmed_is_never_in_doubt()
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
    public void Each_new_way_to_a_target_has_a_higher_number()
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
