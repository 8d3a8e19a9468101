using Cluster.Client;
using Cluster.Lab.Checkers;
using Cluster.Lab.Experiments.Measures;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Tests.Checkers;

/// <summary>The checkers of single promises, each with histories that keep the promise and histories that break it in
/// one way.</summary>
public sealed class PromiseTests
{
    private static readonly SemaphoreOperation[] Both =
        [new(0, -1, SemFlags.Undo), new(1, -1, SemFlags.Undo)];

    private static void Is(Ruling ruling, IChecker checker, Script script)
    {
        var verdict = checker.Check(script.History);
        Assert.True(verdict.Ruling == ruling, verdict.ToString());
    }

    [Fact]
    public void Nothing_lost_finds_a_lost_message()
    {
        var checker = new NothingLost();
        Is(Ruling.Holds, checker, new Script().Send(1, 0, 1, "a").Receive(2, 2, 3, "a").Empty(3, 9, 10));
        Is(Ruling.Violated, checker, new Script().Send(1, 0, 1, "a").Empty(3, 9, 10));
        Is(Ruling.Violated, checker,
            new Script().Send(1, 0, 1, "a").Send(1, 2, 3, "b").Receive(2, 4, 5, "a").Empty(3, 9, 10));
        Is(Ruling.Undecided, checker, new Script().Send(1, 0, 1, "a"));
        Is(Ruling.Undecided, checker, new Script().Send(1, 0, 1, "a").Empty(3, 9, 10, selector: 2));
        Is(Ruling.Undecided, checker, new Script().Empty(3, 0, 0.5).Send(1, 0, 1, "a"));
        Is(Ruling.Holds, checker, new Script().Send(1, 0, null, "a").Empty(3, 9, 10));
    }

    [Fact]
    public void A_message_of_a_higher_priority_is_not_overtaken()
    {
        var checker = new Linearizability();
        var dead = new Script().Send(1, 0, 1, "low", 2).Send(1, 2, 3, "high", 1);
        Is(Ruling.Holds, checker, Two().Receive(2, 4, 5, "high", 1, -9).Receive(2, 6, 7, "low", 2, -9));
        Is(Ruling.Violated, checker, Two().Receive(2, 4, 5, "low", 2, -9).Receive(2, 6, 7, "high", 1, -9));
        Is(Ruling.Violated, checker, Late().Receive(2, 4, 5, "low", 2, -9).Receive(2, 6, 7, "high", 1, -9));
        Is(Ruling.Holds, checker, Late().Receive(2, 2.5, 5, "low", 2, -9).Receive(2, 6, 7, "high", 1, -9));
        // The queue may have kept the one of the higher priority for a receiver whose process was lost.
        Is(Ruling.Holds, checker, dead.Receive(3, 3.5, null, "?", 1, -9).Exit(3, 8)
            .Receive(2, 4, 5, "low", 2, -9).Receive(2, 9, 10, "high", 1, -9));

        // It was kept for a blocked receiver whose session was lost, and who then took a message of a higher priority.
        Is(Ruling.Holds, checker, new Script().Receive(2, 0, 9, "high", 1, -9).Send(1, 1, 2, "low", 2).Empty(3, 4, 5, -9)
            .Send(1, 6, 7, "high", 1).Receive(3, 10, 11, "low", 2, -9).TimeOut(4, 20, 21, -9));
        Is(Ruling.Violated, checker, new Script().Receive(2, 3, 9, "high", 1, -9).Send(1, 1, 2, "low", 2)
            .Empty(3, 4, 5, -9).Send(1, 6, 7, "high", 1).Receive(3, 10, 11, "low", 2, -9).TimeOut(4, 20, 21, -9));

        Script Two() => new Script().Send(1, 0, 1, "low", 2).Send(1, 2, 3, "high", 1);
        // A receive that timed out makes the checker look for what can have been kept for it.
        Script Late() => Two().TimeOut(4, 20, 21, -9);
    }

    [Fact]
    public void Nothing_twice_finds_a_doubled_message()
    {
        var checker = new NothingTwice();
        Is(Ruling.Holds, checker, new Script().Send(1, 0, 1, "a").Receive(2, 2, 3, "a"));
        Is(Ruling.Violated, checker, new Script().Send(1, 0, 1, "a").Receive(2, 2, 3, "a").Receive(2, 4, 5, "a"));
        Is(Ruling.Violated, checker, new Script().Receive(2, 2, 3, "a"));
        Is(Ruling.Violated, checker, new Script().Receive(2, 4, 5, "a").Add(
            new Operation
            {
                Object = "queue:0", Call = CallKind.Send, Text = "a", Type = 1, Outcome = Outcome.Refused,
                Errno = Errno.EINTR,
            },
            0, 1));
    }

    [Fact]
    public void A_message_without_the_acknowledgement_of_a_dead_process_may_be_received_again()
    {
        var script = () => new Script().Send(1, 0, 1, "a").Receive(2, 2, 3, "a").Receive(3, 6, 7, "a");
        Is(Ruling.Violated, new NothingTwice(), script());
        Is(Ruling.Holds, new NothingTwice(), script().Exit(2, 4));
        Is(Ruling.Violated, new NothingTwice(), script().Send(2, 4, 5, "b").Exit(2, 8));
    }

    [Fact]
    public void A_message_of_a_living_process_does_not_go_back()
    {
        Twice(true, new Script().Send(1, 0, 1, "a").Receive(2, 2, 3, "a").Receive(3, 6, 7, "a").Exit(3, 10));
        Twice(true, new Script().Send(1, 0, 1, "a").Receive(2, 2, 3, "a").Send(2, 4, 5, "b")
            .Receive(3, 6, 7, "a").Receive(2, 8, 9, "b").Exit(3, 10));
        Twice(true, new Script().Send(1, 0, 1, "a").Receive(2, 2, 3, "a").Receive(3, 6, 7, "a").Send(3, 8, null, "c"));
        Twice(false, // the dead client had it first, although its call took longer
            new Script().Send(1, 0, 1, "a").Receive(2, 2, 7, "a").Receive(3, 4, 9, "a").Exit(3, 10));
        Twice(false, // it went back from two clients
            new Script().Send(1, 0, 1, "a").Receive(3, 2, 3, "a").Exit(3, 4).Receive(4, 5, 6, "a").Exit(4, 7)
                .Receive(2, 8, 9, "a"));
    }

    [Fact]
    public void A_process_does_not_receive_its_message_again()
    {
        Twice(true, new Script().Send(1, 0, 1, "a").Receive(2, 2, 3, "a").Receive(2, 4, 5, "a").Exit(2, 10));
        Twice(true, new Script().Send(1, 0, 1, "a").Receive(2, 2, 4, "a").Receive(2, 3, 5, "a").Exit(2, 10));
    }

    [Fact]
    public void Fifo_finds_messages_out_of_order()
    {
        var checker = new Fifo();
        Is(Ruling.Holds, checker,
            new Script().Send(1, 0, 1, "a").Send(1, 2, 3, "b").Receive(2, 4, 7, "a").Receive(3, 5, 6, "b"));
        Is(Ruling.Violated, checker,
            new Script().Send(1, 0, 1, "a").Send(1, 2, 3, "b").Receive(2, 4, 5, "b").Receive(3, 6, 7, "a"));
        Is(Ruling.Violated, checker, // two senders, one after the other
            new Script().Send(1, 0, 1, "a").Send(2, 2, 3, "b").Receive(2, 4, 5, "b").Receive(3, 6, 7, "a"));
        Is(Ruling.Violated, checker, // one sender, without waiting
            new Script().Send(1, 0, 9, "a").Send(1, 1, 9, "b").Receive(2, 4, 5, "b").Receive(3, 6, 7, "a"));
        Is(Ruling.Holds, checker, // two senders at the same time
            new Script().Send(1, 0, 9, "a").Send(2, 1, 9, "b").Receive(2, 4, 5, "b").Receive(3, 6, 7, "a"));
        Is(Ruling.Holds, checker,
            new Script().Send(1, 0, 1, "a", 1).Send(1, 2, 3, "b", 2)
                .Receive(2, 4, 5, "b", 2, 2).Receive(3, 6, 7, "a", 1, 1));
    }

    [Fact]
    public void Fifo_allows_a_message_that_a_dead_process_received()
    {
        var seen = (int sender) => new Script().Send(1, 0, 1, "a").Send(sender, 2, 3, "b").Receive(2, 4, 5, "a");
        foreach (var sender in new[] { 1, 7 })
        {
            Is(Ruling.Holds, new Fifo(), seen(sender).Exit(2, 5.5).Receive(3, 6, 7, "b").Receive(4, 8, 9, "a"));
            Is(Ruling.Violated, new Fifo(), seen(sender).Exit(2, 5.5).Receive(3, 3.2, 3.8, "b").Receive(4, 8, 9, "a"));
        }
    }

    [Fact]
    public void A_receive_hides_a_message_from_receivers_of_all_selectors()
    {
        var late = (int sender) => new Script().Send(1, 0, 1, "a").Send(sender, 2, 3, "b")
            .Receive(2, 5, 6, "b").Receive(3, 8, 9, "a");
        Is(Ruling.Holds, new Fifo(), late(7).Receive(9, 4, null, ""));
        Is(Ruling.Holds, new Fifo(), late(1).Receive(9, 4, null, ""));
        Is(Ruling.Violated, new Fifo(), late(1).Send(1, 4, 4.5, "c").Receive(3, 6.5, 7, "c").Receive(4, 10, 11, "d")
            .Send(1, 9.5, 9.6, "e").Send(1, 9.7, 9.8, "d").Receive(4, 12, 13, "e").Receive(9, 4, null, ""));
    }

    [Fact]
    public void An_unknown_receive_explains_the_message_that_needs_it()
    {
        // Only the first of two was made early enough for c; both were early enough for a.
        var script = (double second) => new Script().Send(1, 0, 1, "a").Send(2, 2, 3, "b").Receive(3, 20, 21, "b")
            .Receive(3, 22, 23, "a").Send(1, 4, 5, "c", 2).Send(2, 6, 7, "d", 2).Receive(3, 8, 9, "d", 2)
            .Receive(3, 24, 25, "c", 2).Receive(8, 7.5, null, "").Receive(9, second, null, "");
        Is(Ruling.Holds, new Fifo(), script(15));
        Is(Ruling.Violated, new Fifo(), script(30));
    }

    [Fact]
    public void Permits_conserved_finds_lost_and_extra_permits()
    {
        var checker = new PermitsConserved();
        var good = () => new Script().SetValues(0, 2, 0).Take(1, 1, 2).Take(2, 1, 2).Give(1, 3, 4).Take(3, 1, 5);
        Is(Ruling.Holds, checker, good().GetValues(9, 0, 0));
        Is(Ruling.Holds, checker, good().Exit(3, 7).GetValues(9, 1, 0));
        Is(Ruling.Holds, checker, good().Give(3, 6, null).GetValues(9, 1, 0));
        Is(Ruling.Violated, checker, good().GetValues(9, 1, 0));
        Is(Ruling.Violated, checker, good().Exit(3, 7).GetValues(9, 0, 0));
        Is(Ruling.Violated, checker, good().Exit(3, 7).GetValues(9, 2, 0));
        Is(Ruling.Violated, checker, good().Take(4, 1, 6).Give(4, 7, 8).GetValues(9, 0, 0));
        Is(Ruling.Undecided, checker, good());
        // Another SETALL: earlier calls do not count.
        Is(Ruling.Holds, checker, good().SetValues(6, 7, 0).Take(4, 7, 8).GetValues(9, 6, 0));
        Is(Ruling.Violated, checker, good().SetValues(6, 7, 0).Take(4, 7, 8).GetValues(9, 7, 0));
        Is(Ruling.Undecided, checker, good().SetValues(6, 7, 0).Take(4, 5, 8).GetValues(9, 6, 0));
    }

    // semop(2), BUGS: the undo of an ended process takes permits only down to zero.
    [Theory]
    [InlineData(0, Ruling.Holds)]
    [InlineData(1, Ruling.Violated)]
    public void Undo_ends_at_zero(int value, Ruling ruling) => Is(ruling, new PermitsConserved(), new Script()
        .SetValues(0, 0).Give(1, 1, 2, 1).Semop(2, 3, 4, 2, new SemaphoreOperation(0, -1)).Exit(1, 5)
        .GetValues(9, value));

    [Fact]
    public void Mutual_exclusion_finds_overlapping_sections()
    {
        var checker = new MutualExclusion();
        Is(Ruling.Holds, checker, new Script().Lock(1, 0, 1, 3).Unlock(1, 4, 6).Lock(2, 2, 5, 8).Unlock(2, 8, 9));
        Is(Ruling.Violated, checker, new Script().Lock(1, 0, 1, 3).Unlock(1, 4, 6).Lock(2, 2, 3, 8).Unlock(2, 8, 9));
        Is(Ruling.Violated, checker, new Script().Lock(1, 0, 1, 3).Lock(2, 2, 3, 8).Unlock(2, 8, 9));
        Is(Ruling.Violated, checker, new Script().Lock(1, 0, 1, 3).Unlock(1, 4, 6).Lock(2, 2, 5, 3).Unlock(2, 8, 9));
        Is(Ruling.Violated, checker, new Script().Lock(1, 0, 1, 3).Unlock(1, 4, 6).Lock(2, 2, 5, 2).Unlock(2, 8, 9));
        Is(Ruling.Holds, checker, new Script().Lock(1, 0, 1, 3).Unlock(1, 10, null).Lock(2, 2, 5, 8).Unlock(2, 8, 9));
        Is(Ruling.Holds, checker, // released before the taking was known
            new Script().Lock(1, 0, 5, 3).Unlock(1, 1, 5).Lock(2, 2, 6, 8).Unlock(2, 8, 9));
        Is(Ruling.Violated, checker, // without tokens
            new Script().Lock(1, 0, 1, 0).Unlock(1, 2, 3).Lock(2, 4, 5, 0).Unlock(2, 6, 7));
        Is(Ruling.Violated, checker, // a dead client with a token that is not older
            new Script().Lock(1, 0, 1, 9).Unlock(1, 10, null).Lock(2, 2, 5, 8).Unlock(2, 8, 9));
    }

    // Client 1 has its permits and loses its process later. The permits that client 2 takes meanwhile do not exist.
    [Theory]
    [InlineData(true, 10.5, Ruling.Violated)]
    [InlineData(false, 10.5, Ruling.Violated)]
    [InlineData(true, 2.5, Ruling.Violated)]
    [InlineData(false, 2.5, Ruling.Violated)]
    [InlineData(true, 1.5, Ruling.Holds)]
    [InlineData(false, 1.5, Ruling.Holds)]
    public void A_process_has_its_permits_at_the_time_of_an_answered_call(bool isLock, double lastCall, Ruling ruling)
    {
        var script = new Script().SetValues(-5, 1, 0).Word(1, lastCall, 20, CallKind.Load, 0, 0).GetValues(40, 1, 0);
        if (isLock) script.Lock(1, 0, 1, 3).Lock(2, 1.8, 2, 8).Unlock(2, 5, 6, 9).Unlock(1, 11, null);
        else script.Take(1, 0, 1, 3).Take(2, 1.8, 2, 8).Give(2, 5, 6, 9).Give(1, 11, null);
        Is(ruling, isLock ? new MutualExclusion() : new PermitsConserved(), script);
        Is(ruling, new Linearizability(), script);
    }

    [Fact]
    public void A_permit_that_may_have_been_released_may_be_taken()
    {
        var checker = new PermitsConserved();
        var taken = () => new Script().SetValues(-5, 1, 0).Take(1, 0, 1, 3);
        Is(Ruling.Holds, checker, taken().Give(1, 2, null).Word(1, 9, 10, CallKind.Load, 0, 0)
            .Take(2, 3, 4, 8).Give(2, 5, 6, 9).GetValues(40, 1, 0));
        Is(Ruling.Violated, checker, taken().Give(1, 5, null).Word(1, 9, 10, CallKind.Load, 0, 0)
            .Take(2, 3, 4, 8).Give(2, 6, 7, 9).GetValues(40, 1, 0));
        Is(Ruling.Holds, checker, taken().Exit(1, 2).Take(2, 3, 4, 8).Give(2, 5, 6, 9).GetValues(40, 1, 0));
    }

    [Theory]
    [InlineData(0, Ruling.Violated)]
    [InlineData(1, Ruling.Holds)]
    [InlineData(2, Ruling.Holds)]
    [InlineData(3, Ruling.Violated)]
    public void A_call_without_an_outcome_and_SEM_UNDO_counts_or_not(int value, Ruling ruling)
    {
        SemaphoreOperation one = new(0, 1);
        var script = () => new Script().Semop(1, 0, 1, 2, one).GetValues(9, value);
        Is(ruling, new PermitsConserved(), script().Semop(1, 2, null, 0, one));
        Is(ruling, new PermitsConserved(), script().Semop(1, 2, null, 0, one).Semop(1, 2, null, 0, Both));
        Is(value == 1 ? Ruling.Holds : Ruling.Violated, new PermitsConserved(), script());
    }

    [Fact]
    public void A_call_on_two_semaphores_takes_both_or_none()
    {
        var served = () => new Script().Semop(1, 0, 9, 4, Both).Semop(2, 1, 2, 2, new SemaphoreOperation(0, 1));
        var second = new SemaphoreOperation(1, 1);
        Is(Ruling.Holds, new Linearizability(), served().Semop(2, 5, 6, 3, second).GetValues(20, 0, 0));
        Is(Ruling.Violated, new Linearizability(), served().GetValues(20, 0, 0));
        Is(Ruling.Violated, new Linearizability(), served().Semop(2, 10, 11, 5, second).GetValues(20, 0, 1));
        Is(Ruling.Violated, new Linearizability(), // the first was taken before the second was added
            served().Semop(2, 5, 6, 3, second).GetValues(3, 0, 0).GetValues(20, 0, 0));
    }

    [Fact]
    public void Parked_in_order_finds_an_overtaken_caller()
    {
        var checker = new ParkedInOrder();
        var line = () => new Script().Receive(1, 0, 20, "a", parked: 1).Receive(2, 2, 20, "b", parked: 3);
        Is(Ruling.Holds, checker, line().Send(3, 10, 11, "a").Send(3, 12, 13, "b"));
        Is(Ruling.Violated, checker, line().Send(3, 10, 11, "b").Send(3, 12, 13, "a"));
        Is(Ruling.Holds, checker, line().Send(3, 10, 12, "b").Send(4, 11, 13, "a"));
        Is(Ruling.Violated, checker, // the later call was not seen parked, but was made later
            line().Send(3, 9, 9.5, "c").Send(3, 10, 11, "a").Send(3, 12, 13, "b").Receive(3, 4, 21, "c"));
        Is(Ruling.Holds, checker, // the first was not seen parked when the second came
            new Script().Receive(1, 0, 20, "a", parked: 2.5).Receive(2, 2, 20, "b", parked: 3)
                .Send(3, 10, 11, "b").Send(3, 12, 13, "a"));
        Is(Ruling.Violated, checker, Cancelled(10));
        Is(Ruling.Holds, checker, Cancelled(4));
        Is(Ruling.Violated, checker, TimedOut(CallKind.Receive, Errno.ETIMEDOUT, 10));
        Is(Ruling.Holds, checker, TimedOut(CallKind.Receive, Errno.ETIMEDOUT, 4));
        Is(Ruling.Violated, checker, TimedOut(CallKind.Semop, Errno.EAGAIN, 10));
        Is(Ruling.Holds, checker, TimedOut(CallKind.Semop, Errno.EAGAIN, 4));
        Is(Ruling.Holds, checker, Permits(5, 6));
        Is(Ruling.Violated, checker, Permits(6, 5));
        Is(Ruling.Violated, checker, Permits(6, 7).Take(3, 4, 20, 5));
        // A process that died had the earlier message, or may have had it.
        var late = () => line().Send(3, 0, 0.5, "b").Send(3, 12, 13, "a");
        Is(Ruling.Violated, checker, late());
        Is(Ruling.Holds, checker, late().Receive(4, 0.5, 0.9, "b").Exit(4, 14));
        Is(Ruling.Holds, checker, late().Receive(4, 0.5, null, ""));
    }

    [Fact]
    public void Many_parked_callers_are_checked_fast()
    {
        const int Callers = 50_000;
        var script = new Script();
        for (var i = 0; i < Callers; i++)
            script.Receive(i, i, 2 * Callers + i, $"{i}", parked: i + 0.5).Send(-1, Callers + i, Callers + i + 1, $"{i}");
        Is(Ruling.Holds, new ParkedInOrder(), script);
    }

    [Fact]
    public void A_selector_may_be_the_lowest_number()
    {
        Assert.True(QueueCalls.Selects(long.MinValue, long.MaxValue));
        Assert.False(QueueCalls.Selects(-5, 6));
        Assert.True(QueueCalls.Selects(-5, 5));
    }

    [Fact]
    public void Exactly_once_finds_missing_and_doubled_results()
    {
        var checker = new ExactlyOnce();
        Is(Ruling.Holds, checker, new Script().Send(1, 0, 1, "a").Receive(2, 2, 3, "a"));
        Is(Ruling.Violated, checker, new Script().Send(1, 0, 1, "a").Receive(2, 2, 3, "a").Receive(3, 2, 3, "a"));
        Is(Ruling.Violated, checker, new Script().Send(1, 0, 1, "a").Send(1, 2, 3, "a"));
        Is(Ruling.Violated, checker, new Script().Receive(1, 0, 1, "a"));
        var call = new Operation { Client = 1, Object = "queue:0", Call = CallKind.Send, Text = "a", Type = 1 };
        Assert.Equal(Ruling.Violated, checker.Check(new History([call])).Ruling);
        var lost = call with { Object = "queue:1", Text = "b", Outcome = Outcome.Unknown, ReturnedAt = 1 };
        Assert.Equal(Ruling.Violated, checker.Check(new History([call, lost])).Ruling);
        var exit = new Operation { Client = 1, Call = CallKind.Exit, InvokedAt = 2 };
        Assert.Equal(Ruling.Holds, checker.Check(new History([call, exit])).Ruling);
        var twice = call with { Outcome = Outcome.Ok, ReturnedAt = 1, Completions = 2 };
        Assert.Equal(Ruling.Violated, checker.Check(new History([twice])).Ruling);
    }

    [Theory]
    [InlineData(CallKind.Send, Errno.EAGAIN, true)]
    [InlineData(CallKind.Send, Errno.ETIMEDOUT, true)]
    [InlineData(CallKind.Send, Errno.EIDRM, false)]
    [InlineData(CallKind.Send, Errno.ENOBUFS, false)]
    [InlineData(CallKind.Receive, Errno.ETIMEDOUT, true)]
    [InlineData(CallKind.Receive, Errno.ENOMSG, false)]
    [InlineData(CallKind.Receive, Errno.EINVAL, false)]
    [InlineData(CallKind.Semop, Errno.EAGAIN, true)]
    [InlineData(CallKind.Semop, Errno.EINTR, true)]
    [InlineData(CallKind.Semop, Errno.EIDRM, false)]
    [InlineData(CallKind.FetchAdd, Errno.EAGAIN, false)]
    public void Nothing_refused_finds_unexpected_errors(CallKind kind, Errno errno, bool isRight)
    {
        var call = new Operation
        {
            Object = "it:0", Call = kind, Errno = errno, Outcome = Outcome.Refused, Semops = [],
        };
        Is(isRight ? Ruling.Holds : Ruling.Violated, new NothingRefused(), new Script().Add(call, 0, 1));
    }

    [Fact]
    public void A_parked_call_is_interrupted_only_by_its_client()
    {
        Is(Ruling.Holds, new NothingRefused(), Cancelled(10));
        var asked = Cancelled(10).History.Operations.Single(call => call.Errno == Errno.EINTR);
        Is(Ruling.Violated, new NothingRefused(), new Script().Add(asked with { CancelledAt = null }, 0, 20));
        Is(Ruling.Holds, new NothingRefused(), new Script().Empty(1, 0, 1));
    }

    private static void Twice(bool expected, Script script)
    {
        Is(expected ? Ruling.Violated : Ruling.Holds, new NothingTwice(), script);
        Assert.Equal(expected ? 1 : 0, Tally.Of(script.History).Duplicated);
    }

    // Two calls that wait for the same permit.
    private static Script Permits(ulong first, ulong second)
    {
        var take = new Script().Take(0, 0, 1).History.Operations[0];
        return new Script().Add(take with { Client = 1, Revision = first, ParkedAt = 1_000_000 }, 0, 20)
            .Add(take with { Client = 2, Revision = second }, 2, 20);
    }

    // The first of two waiting calls waits this long; the second is served at 5.
    private static Script TimedOut(CallKind call, Errno errno, double until)
    {
        var wait = new Operation { Object = "line:0", Call = call, Semops = [new(0, -1)], ParkedAt = 1_000_000 };
        return new Script().Add(wait with { Client = 1, Outcome = Outcome.Refused, Errno = errno }, 0, until)
            .Add(wait with { Client = 2, Text = "b", Revision = 7 }, 2, 5);
    }

    // The first of two waiting calls is cancelled; the second is served at 5.
    private static Script Cancelled(double at) => new Script().Receive(2, 2, 5, "b", parked: 3).Add(
        new Operation
        {
            Client = 1, Object = "queue:0", Call = CallKind.Receive, ParkedAt = 1_000_000, Outcome = Outcome.Refused,
            Errno = Errno.EINTR, CancelledAt = (long)(at * 1e6),
        },
        0, 20);
}
