using Cluster.Client.Engine;

namespace Cluster.Client.Tests.Engine;

public sealed class ResendTests
{
    [Fact]
    public void Outstanding_calls_are_sent_again_in_order_before_new_ones()
    {
        var bench = EngineBench.Connected(out var stream);
        for (var i = 0; i < 4; i++)
            bench.Start(Calls.Send(1));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, Calls.Ok(2)));
        bench.Lose(stream);
        Assert.Equal(EngineState.Reconnecting, bench.Engine.State);
        bench.Start(Calls.Send(1));
        bench.Pass(100);

        var frame = bench.Frame(bench.Greet("n2"));
        Assert.Equal([1UL, 3UL, 4UL, 5UL], frame.Seqs());
        Assert.True(frame.Calls[0].Resent);
        Assert.Equal(1UL, frame.Ack);
    }

    [Fact]
    public void Unsent_calls_are_not_marked_as_resent()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Lose(stream);
        bench.Start(Calls.Send(1));
        bench.Pass(100);
        Assert.False(bench.Frame(bench.Greet("n1")).Calls[0].Resent);
    }

    [Fact]
    public void A_reconnecting_process_shows_its_pid_and_token()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Lose(stream);
        bench.Pass(100);
        var next = bench.TakeRequest();
        bench.Engine.Opened(next, bench.NowMs);
        var hello = bench.Frame(next).Hello.KnownProcess;
        Assert.Equal(7, hello.Pid);
        Assert.Equal("token", hello.Token.ToStringUtf8());
    }

    [Fact]
    public void The_time_out_of_a_resent_call_shrinks_in_a_copy()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Receive(1, timeoutMs: 1_000));
        var first = bench.Frame(stream).Calls[0].Calls[0];
        Assert.Equal(1_000, first.TimeoutMs);
        bench.Lose(stream);
        bench.Pass(400);
        stream = bench.Greet("n2");
        Assert.Equal(600, bench.Frame(stream).Calls[0].Calls[0].TimeoutMs);
        bench.Lose(stream);
        bench.Pass(5_000);

        Assert.Equal(0, bench.Frame(bench.Greet("n1")).Calls[0].Calls[0].TimeoutMs);
        Assert.Equal(1_000, first.TimeoutMs);
    }

    [Fact]
    public void The_client_times_out_only_unsent_calls_while_no_node_answers()
    {
        var bench = EngineBench.Connected(out var stream);
        var sent = bench.Start(Calls.Receive(1, timeoutMs: 500));
        bench.Frames(stream);
        bench.Lose(stream);
        var unsent = bench.Start(Calls.Receive(1, timeoutMs: 500));
        bench.Pass(1_000);
        Assert.Equal((int)Protocol.Errno.ETIMEDOUT, unsent.Result!.Errno);
        Assert.False(sent.IsCompleted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_call_that_does_not_block_waits_for_a_node_since_only_its_object_knows_whether_there_is_something(bool sent)
    {
        var bench = EngineBench.Connected(out var stream);
        var call = sent ? bench.Start(Calls.Receive(1, timeoutMs: 0)) : null;
        if (sent) bench.Frames(stream);
        bench.Lose(stream);
        call ??= bench.Start(Calls.Receive(1, timeoutMs: 0));
        bench.Pass(1_000);
        Assert.False(call.IsCompleted);

        var again = Assert.Single(bench.Frame(bench.Greet("n2")).Calls).Calls;
        Assert.Equal(0, Assert.Single(again).TimeoutMs);
    }

    [Fact]
    public void A_call_without_an_answer_is_repeated_now_and_then()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Receive(1));
        bench.Frames(stream);
        bench.Pass(4_000);
        bench.Start(Calls.Receive(1));
        bench.Frames(stream);

        bench.Pass(5_000);
        var calls = Assert.Single(bench.Frame(stream).Calls);
        Assert.Equal([1UL], calls.Calls.Select(call => call.Seq));
        Assert.True(calls.Resent);

        bench.Pass(4_000);
        Assert.DoesNotContain(bench.Frames(stream), frame => frame.Calls.Count > 0);
        bench.Pass(5_000);
        Assert.Equal([1UL, 2UL], bench.Frames(stream).SelectMany(frame => frame.Seqs()));
    }

    [Fact]
    public void Calls_on_a_moved_entity_are_resent_at_once_with_a_bounded_rate()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Receive(1));
        bench.Frames(stream);
        var moved = Calls.Results(1);
        moved.Results[0].Moved = true;
        bench.Receive(stream, moved);
        var frame = bench.Frame(stream);
        Assert.Equal([1UL], frame.Seqs());
        Assert.True(frame.Calls[0].Resent);

        bench.Receive(stream, moved);
        Assert.Empty(bench.Frames(stream));
    }

    [Fact]
    public void Reconnection_starts_at_once_and_backs_off_without_an_end()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Pass(5_000);
        bench.Lose(stream);
        var delays = new List<long>();
        for (var attempt = 0; attempt < 12; attempt++)
        {
            var before = bench.NowMs;
            var request = Next();
            delays.Add(bench.NowMs - before);
            bench.Lose(request);
        }

        Assert.Equal(0, delays[0]);
        Assert.Equal(delays.Order(), delays);
        Assert.Equal(1_000, delays[^1]);

        EngineStream Next()
        {
            while (true)
            {
                while (bench.Engine.TryTakeCommand(out var command))
                {
                    if (command.Open)
                        return command.Stream;
                }

                bench.Pass(1);
            }
        }
    }

    [Fact]
    public void Known_nodes_and_given_addresses_are_tried_in_turn()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Start(Calls.Send(1));
        bench.Frames(stream);
        bench.Receive(stream, Calls.Results(1, "n2", Calls.Ok(1)));
        var other = bench.TakeRequest();
        Assert.Equal("n2", other.RequestedNode);
        bench.Lose(other);
        bench.Lose(stream);

        var tried = new HashSet<string?>();
        for (var attempt = 0; attempt < 4; attempt++)
        {
            bench.Pass(1_500);
            var request = bench.TakeRequest();
            tried.Add(request.RequestedNode);
            bench.Lose(request);
        }

        Assert.Equal([null, "n1", "n2"], tried.Order());
    }

    [Fact]
    public void A_silent_attempt_is_hedged_and_then_ended()
    {
        var bench = EngineBench.Connected(out var stream);
        bench.Pass(5_000);
        bench.Lose(stream);
        var silent = bench.TakeRequest();
        bench.Engine.Opened(silent, bench.NowMs);
        bench.Frames(silent);
        bench.Pass(1_200);
        bench.Greet("n2");
        Assert.Equal(EngineState.Connected, bench.Engine.State);
        bench.Pass(6_000);
        Assert.True(silent.HasEnded);
    }
}
