using Cluster.Lab.Checkers;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Tests.Checkers;

public sealed class LinearizabilityTests
{
    private static void Accept(Script script)
    {
        var verdict = new Linearizability().Check(script.History);
        Assert.True(verdict.Holds, verdict.ToString());
    }

    private static void Reject(Script script)
    {
        var verdict = new Linearizability().Check(script.History);
        Assert.Equal(Ruling.Violated, verdict.Ruling);
        Assert.NotEmpty(verdict.Operations);
    }

    [Fact]
    public void A_queue_is_first_in_first_out()
    {
        Accept(new Script().Send(1, 0, 1, "a").Send(1, 2, 3, "b").Receive(2, 4, 5, "a").Receive(2, 6, 7, "b"));
        Accept(new Script().Send(1, 0, 3, "a").Send(2, 2, 4, "b").Receive(3, 5, 6, "b").Receive(3, 7, 8, "a"));
        Reject(new Script().Send(1, 0, 1, "a").Send(1, 2, 3, "b").Receive(2, 4, 5, "b").Receive(2, 6, 7, "a"));
        Reject(new Script().Send(1, 0, 1, "a").Send(1, 2, 3, "b").Receive(2, 4, 5, "b"));
    }

    [Fact]
    public void A_message_is_received_once_and_only_after_its_send()
    {
        Reject(new Script().Receive(1, 0, 1, "a"));
        Reject(new Script().Send(1, 0, 1, "a").Receive(2, 2, 3, "a").Receive(3, 2, 3, "a"));
        Reject(new Script().Receive(1, 0, 1, "a").Send(1, 2, 3, "a"));
        Reject(new Script().Send(1, 0, 1, "a").Receive(1, 2, 3, "a", type: 2));
        Reject(new Script().Send(1, 0, 1, "a", 2).Receive(1, 2, 3, "a", 2, selector: -1));
    }

    [Fact]
    public void A_receive_finds_nothing_only_in_an_empty_queue()
    {
        Accept(new Script().Empty(1, 0, 1).Send(1, 2, 5, "a").Empty(2, 3, 4).Receive(2, 6, 8, "a").Empty(3, 7, 9));
        Reject(new Script().Send(1, 0, 1, "a").Empty(2, 2, 3));
        Reject(new Script().Send(1, 0, 1, "a").Empty(2, 2, 3).Receive(2, 4, 5, "a"));
        // Never empty, although neither message was there all the time.
        Reject(new Script().Send(1, 0, 1, "a").Send(1, 4, 5, "b").Receive(2, 6, 7, "a").Receive(2, 9, 10, "b")
            .Empty(3, 2, 8));
        Accept(new Script().Send(1, 0, 1, "a", 1).Empty(2, 2, 3, selector: 2));
        Reject(new Script().Send(1, 0, 1, "a", 2).Empty(2, 2, 3, selector: 2));
        Reject(new Script().Send(1, 0, 1, "a", 2).Empty(2, 2, 3, selector: -3));
    }

    [Fact]
    public void A_time_out_proves_that_the_queue_was_empty_at_the_start_of_the_wait()
    {
        // Client 2 is connected, which the answer to another call of it shows.
        var script = (double sent, double other) => new Script().Send(1, sent, sent + 1, "a").TimeOut(2, 10, 510)
            .Word(2, other, other + 1, CallKind.Load, 0, 0).Receive(3, 600, 601, "a");
        Reject(script(0, 300));
        Accept(script(20, 300)); // the object may have asked it by then, and not have woken it in time
        Accept(script(0, 50)); // perhaps before it was made, by another thread
        Accept(script(0, 520));
        Accept(new Script().Send(1, 0, 1, "a", 1).TimeOut(2, 10, 510, 2).Word(2, 300, 301, CallKind.Load, 0, 0)
            .Receive(3, 600, 601, "a", 1, 1));
        Reject(new Script().Send(1, 0, 1, "a", 2).TimeOut(2, 10, 510, 2).Word(2, 300, 301, CallKind.Load, 0, 0)
            .Receive(3, 600, 601, "a", 2, 2));
    }

    [Fact]
    public void A_semop_times_out_only_if_it_had_to_wait()
    {
        var script = (int permits) => new Script().SetValues(0, permits, 0)
            .TimeOut(2, 10, 510, new Cluster.Client.SemaphoreOperation(0, -1))
            .Word(2, 300, 301, CallKind.Load, 0, 0).GetValues(600, permits, 0);
        Reject(script(1));
        Accept(script(0));
    }

    [Fact]
    public void An_unknown_send_happened_at_any_time_or_never()
    {
        Accept(new Script().Send(1, 0, null, "a").Send(2, 1, 2, "b").Receive(3, 3, 4, "b").Receive(3, 5, 6, "a"));
        Accept(new Script().Send(1, 0, null, "a").Empty(2, 1, 2));
        Reject(new Script().Send(1, 5, null, "a").Receive(2, 3, 4, "a"));
    }

    [Fact]
    public void A_message_of_a_dead_process_is_hidden_for_a_while()
    {
        var script = () =>
            new Script().Send(1, 0, 1, "a").Send(1, 2, 3, "b").Receive(2, 4, 5, "b").Receive(2, 6, 7, "a");
        Reject(script());
        Accept(script().Receive(9, 1, null, "?"));
        Reject(script().Receive(9, 5.5, null, "?"));
        Reject(script().Send(1, 10, 11, "c").Send(1, 12, 13, "d").Receive(2, 14, 15, "d").Receive(2, 16, 17, "c")
            .Receive(9, 1, null, "?"));
    }

    [Fact]
    public void A_message_that_a_dead_process_received_is_hidden_until_it_goes_back()
    {
        var seen = () => new Script().Send(1, 0, 1, "a").Send(7, 2, 3, "b").Receive(2, 4, 5, "a");
        Accept(seen().Exit(2, 5.5).Receive(3, 6, 7, "b").Receive(4, 8, 9, "a"));
        Accept(seen().Send(2, 5.5, null, "c").Receive(3, 6, 7, "b").Receive(4, 8, 9, "a"));
        Accept(seen().Exit(2, 5.5).Receive(3, 6, 7, "b").Empty(3, 7.2, 7.5).Receive(4, 8, 9, "a"));
        Reject(seen().Receive(3, 3.2, 3.8, "b").Exit(2, 5.5).Receive(4, 8, 9, "a")); // b came before it was taken
        Reject(seen().Send(7, 3.2, 3.5, "c").Exit(2, 5.5).Receive(3, 6, 7, "c").Receive(4, 8, 9, "a")
            .Receive(4, 10, 11, "b"));
    }

    [Fact]
    public void A_long_receive_hides_one_message_at_a_time()
    {
        var late = (double lasts) => new Script().Receive(9, 0, lasts, "z").Send(1, lasts - 9, lasts - 8, "z")
            .Send(1, 10, 11, "a").Send(1, 12, 13, "b").Send(1, 14, 15, "c").Send(1, 16, 17, "d")
            .Receive(2, 20, 21, "d").Receive(2, 22, 23, "c").Receive(2, 24, 25, "b").Receive(2, 26, 27, "a");
        Reject(late(4_900));
        Reject(late(5_100));
        Reject(late(10_000));
        Accept(late(10_100));
        Accept(new Script().Receive(9, 0, 5_100, "z").Send(1, 5_090, 5_095, "z").Send(1, 10, 11, "a")
            .Send(1, 12, 13, "b").Send(1, 14, 15, "c").Receive(2, 20, 21, "b").Receive(2, 22, 23, "c")
            .Receive(2, 24, 25, "a"));
    }

    [Fact]
    public void A_message_that_was_kept_for_a_timed_out_receiver_is_late()
    {
        var script = (double from, double until) => new Script().Send(1, 5, 6, "a").Send(1, 7, 8, "b")
            .TimeOut(9, from, until).Receive(2, 10, 11, "b").Receive(2, 20, 21, "a");
        Accept(script(4, 15));
        Accept(script(4, 10.5));
        Reject(script(4, 9)); // was over when b was taken
        Reject(script(6.5, 15)); // would have taken it
        Reject(script(4, 15).Send(3, 6.2, 6.4, "c").Receive(2, 22, 23, "c")); // kept one only
    }

    [Fact]
    public void A_negative_selector_takes_the_lowest_type()
    {
        Accept(new Script().Send(1, 0, 1, "a", 3).Send(1, 2, 3, "b", 2)
            .Receive(2, 4, 5, "b", 2, -5).Receive(2, 6, 7, "a", 3, -5));
        Reject(new Script().Send(1, 0, 1, "a", 3).Send(1, 2, 3, "b", 2)
            .Receive(2, 4, 5, "a", 3, -5).Receive(2, 6, 7, "b", 2, -5));
        Reject(new Script().Send(1, 0, 1, "a", 3).Send(1, 2, 3, "b", 2)
            .Receive(2, 4, 5, "b", 2, 0).Receive(2, 6, 7, "a", 3, -5));
    }

    [Fact]
    public void Later_results_have_higher_revisions()
    {
        var script = (ulong second) => new Script().Send(1, 0, 1, "a").Send(1, 2, 3, "b")
            .Receive(2, 4, 5, "a", revision: 7).Receive(2, 6, 7, "b", revision: second);
        Accept(script(8));
        Reject(script(7));
        Reject(script(6));
    }

    [Fact]
    public void A_word_has_the_last_written_value()
    {
        Accept(new Script().Word(1, 0, 1, CallKind.FetchAdd, 5, 0).Word(2, 2, 3, CallKind.Load, 0, 5));
        Accept(new Script().Word(1, 0, 5, CallKind.Exchange, 5, 0).Word(2, 1, 2, CallKind.Load, 0, 0)
            .Word(2, 3, 4, CallKind.Load, 0, 5));
        Reject(new Script().Word(1, 0, 5, CallKind.Exchange, 5, 0).Word(2, 1, 2, CallKind.Load, 0, 5)
            .Word(2, 3, 4, CallKind.Load, 0, 0));
        Reject(new Script().Word(1, 0, 1, CallKind.FetchAdd, 5, 0).Word(2, 0, 1, CallKind.FetchAdd, 6, 0));
        Reject(new Script().Word(1, 0, 1, CallKind.FetchOr, 6, 0).Word(2, 2, 3, CallKind.FetchXor, 2, 6)
            .Word(2, 4, 5, CallKind.FetchAnd, 4, 6));
        Accept(new Script().Word(1, 0, 1, CallKind.FetchOr, 6, 0).Word(2, 2, 3, CallKind.FetchXor, 2, 6)
            .Word(2, 4, 5, CallKind.FetchAnd, 4, 4));
        Accept(new Script().Word(1, 0, 1, CallKind.CompareExchange, 9, 0, 1).Word(1, 2, 3, CallKind.Load, 0, 0));
        Reject(new Script().Word(1, 0, 1, CallKind.CompareExchange, 9, 0, 0).Word(1, 2, 3, CallKind.Load, 0, 0));
    }

    [Fact]
    public void An_unknown_operation_on_a_word_happened_at_any_time_or_never()
    {
        Accept(new Script().Word(1, 0, null, CallKind.FetchAdd, 5, 0).Word(2, 2, 3, CallKind.Load, 0, 0)
            .Word(2, 4, 5, CallKind.Load, 0, 5).Word(2, 6, 7, CallKind.FetchAdd, 1, 5));
        Accept(new Script().Word(1, 0, null, CallKind.FetchAdd, 5, 0).Word(2, 2, 3, CallKind.Load, 0, 0));
        // Only without sparing: the unknown one has to come although the first could do without.
        Accept(new Script().Word(1, 0, null, CallKind.FetchXor, 1, 0).Word(3, 0, null, CallKind.Exchange, 0, 0)
            .Word(2, 2, 3, CallKind.Load, 0, 0).Word(2, 4, 5, CallKind.Load, 0, 1).Word(2, 6, 7, CallKind.Load, 0, 0));
        Reject(new Script().Word(1, 0, null, CallKind.FetchAdd, 5, 0).Word(2, 2, 3, CallKind.Load, 0, 5)
            .Word(2, 4, 5, CallKind.Load, 0, 10));
    }

    [Fact]
    public void A_set_gives_no_more_permits_than_it_has()
    {
        Accept(new Script().SetValues(0, 1, 0).Take(1, 1, 2, 3).Take(2, 1, 5, 5).Give(1, 3, 4, 4).GetValues(6, 0, 0));
        Reject(new Script().SetValues(0, 1, 0).Take(1, 1, 2).Take(2, 3, 4));
        Reject(new Script().SetValues(0, 1, 0).Take(1, 1, 2, 3).Take(2, 1, 5, 4).Give(1, 3, 4, 5));
        Reject(new Script().SetValues(0, 1, 0).Take(1, 1, 2).GetValues(3, 1, 0));
        Reject(new Script().SetValues(0, 1, 0).Busy(1, 1, 2, new Cluster.Client.SemaphoreOperation(0, -1)));
        Accept(new Script().SetValues(0, 1, 0).Busy(1, 1, 2, new Cluster.Client.SemaphoreOperation(0, -2)));
        Reject(new Script().Lock(1, 0, 1, 1).Lock(2, 2, 3, 2));
    }

    [Fact]
    public void The_operations_of_a_dead_process_are_undone_once()
    {
        Accept(new Script().SetValues(0, 1, 0).Take(1, 1, 2, 3).Exit(1, 3).Take(2, 1, 5, 6));
        Accept(new Script().SetValues(0, 1, 0).Take(1, 1, null).Take(2, 3, 5, 6));
        Accept(new Script().SetValues(0, 1, 0).Take(1, 1, 2).Give(1, 3, null).GetValues(7, 1, 0));
        Reject(new Script().SetValues(0, 1, 0).Take(1, 1, 2, 3).Exit(1, 3).Take(2, 1, 5, 6).Take(3, 1, 7, 8));
        Reject(new Script().SetValues(0, 1, 0).Take(1, 1, 2).Give(1, 3, null).GetValues(7, 2, 0));
    }

    [Fact]
    public void A_long_history_has_a_long_budget()
    {
        const int Calls = 100_000, Overlapping = 10;
        var script = new Script();
        for (var i = 0; i < Calls; i++) script.Word(i % Overlapping, i, i + Overlapping, CallKind.FetchAdd, 1, (ulong)i);
        Accept(script);
    }

    [Fact]
    public void A_search_beyond_its_budget_is_undecided()
    {
        var script = new Script();
        for (var i = 0; i < 16; i++) script.Word(i, 0, 20, CallKind.Exchange, 1, (ulong)(i % 2));
        script.Word(99, 30, 31, CallKind.Load, 0, 3);
        var verdict = new Linearizability(new LinearizabilityOptions { Steps = 100, StepsPerCall = 0 }).Check(script.History);
        Assert.Equal(Ruling.Undecided, verdict.Ruling);
        Assert.False(verdict.Holds);
    }
}
