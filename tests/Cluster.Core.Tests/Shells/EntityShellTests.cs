using Cluster.Core.Machines;
using Cluster.Core.Shells;
using Cluster.Core.Tests.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Shells;

/// <summary>The decisions of the shell, apart from its machine.</summary>
public sealed class EntityShellTests
{
    private readonly ShellHost _host = new(new NewsMachine());

    [Fact]
    public void News_reaches_every_subscriber_after_the_write()
    {
        Subscribe("one");
        Subscribe("two");
        _host.Ask(Publish, "asker");
        Assert.Empty(_host.Said);
        _host.Do(shell => shell.Written(_host.NowMs));
        Assert.Single(_host.Heard("one"));
        Assert.Single(_host.Heard("two"));
    }

    [Fact]
    public void A_push_reaches_the_subscriber_of_its_token()
    {
        Subscribe("two");
        Subscribe("one");
        Subscribe("two");
        _host.Ask(new Request { RenewLease = new RenewLease() }, "asker");
        _host.Do(shell => shell.Written(_host.NowMs));
        Assert.Empty(_host.Heard("one"));
        Assert.Single(_host.Heard("two"));
    }

    [Fact]
    public void A_lost_subscriber_gets_no_more_news()
    {
        Subscribe("one");
        Subscribe("two");
        Assert.Equal(["one", "two"], _host.Watched);
        _host.Do(shell => shell.Gone("one", _host.NowMs));
        _host.Ask(Publish, "asker");
        _host.Do(shell => shell.Written(_host.NowMs));
        Assert.Empty(_host.Heard("one"));
        Assert.Single(_host.Heard("two"));
    }

    [Fact]
    public void An_entity_with_a_subscriber_stays_in_memory()
    {
        Subscribe("one");
        _host.Pass(200_000);
        Assert.Equal(0, _host.Passivations);
        _host.Do(shell => shell.Gone("one", _host.NowMs));
        _host.Pass(200_000);
        Assert.Equal(1, _host.Passivations);
    }

    [Fact]
    public void A_call_of_a_lost_session_is_suspended_and_passed_over_after_the_grace()
    {
        var machine = new PollMachine();
        var host = new ShellHost(machine);
        host.Do(shell => shell.Submit(Poll(1, after: 0), "session", host.NowMs));
        host.Do(shell => shell.Gone("session", host.NowMs));
        Assert.Equal(Presence.Suspended, Assert.Single(machine.Waiters.All).Presence);
        Assert.Equal(Machine.GraceMs, host.WakeAfterMs);
        host.Pass(Machine.GraceMs);
        Assert.Equal(0, machine.Waiters.Count);
    }

    [Fact]
    public void An_entity_keeps_nothing_of_the_calls_that_a_lost_session_sent()
    {
        var host = new ShellHost(new PollMachine());
        host.Do(shell => shell.Submit(Poll(1, after: 0), "session", host.NowMs));
        host.Do(shell => shell.Gone("session", host.NowMs));
        host.Do(shell => shell.Submit(Poll(2, after: 1), "other", host.NowMs));
        Assert.True(Assert.IsType<Results>(Assert.Single(host.Heard("other"))).Moved);
    }

    private static Submit Poll(ulong seq, ulong after) => new()
    {
        Stamp = new Stamp { Pid = 7 }, After = after, Calls = { new Call { Seq = seq, LimitsGet = new LimitsGet() } },
    };

    [Fact]
    public void Subscribers_get_a_message_when_their_publisher_stops()
    {
        Subscribe("one");
        _host.Do(shell => shell.Stop(_host.NowMs));
        Assert.True(_host.HasStopped);
        _host.End();
        var told = Assert.IsType<Reply>(Assert.Single(_host.Heard("one")));
        Assert.Equal(((int)Errno.EAGAIN, 9ul), (told.Errno, told.From.Namespace));
        Assert.Empty(_host.Watched);
    }

    [Fact]
    public void A_node_without_a_majority_writes_and_sends_nothing()
    {
        Subscribe("one");
        _host.HasQuorum = false;
        _host.Ask(Publish, "asker");
        Subscribe("two");
        Assert.Equal((0, true), (_host.Writes, _host.AwaitsQuorum));
        Assert.Empty(_host.Said);
        _host.HasQuorum = true;
        _host.Do(shell => shell.QuorumBack(_host.NowMs));
        Assert.Equal(1, _host.Writes);
        _host.Do(shell => shell.Written(_host.NowMs));
        Assert.Single(_host.Heard("one"));
        Assert.Equal(2, _host.Heard("two").Count); // its answer, and the news
    }

    [Fact]
    public void A_lazy_write_that_is_due_waits_for_the_write_under_way_without_a_wake_up()
    {
        var host = new ShellHost(new Machines.ProbeMachine());
        host.Do(shell => shell.Submit(Calls(1), "session", host.NowMs));
        Assert.Equal(1, host.Writes);
        host.Do(shell => shell.Submit(new Submit { Stamp = Pid7, Ack = 2 }, "session", host.NowMs));
        host.Pass(new ShellOptions { Owner = "here" }.LazyWriteAfterMs);
        host.Pass(1);
        Assert.NotEqual(1, host.WakeAfterMs);
        host.Do(shell => shell.Written(host.NowMs));
        Assert.Equal(2, host.Writes);
    }

    // A twin that still lives on another node then fails its next write, before both have answered.
    [Fact]
    public void An_entity_that_was_read_writes_before_it_answers_even_what_changes_nothing()
    {
        var machine = new NewsMachine();
        machine.Replay(new Event { LimitChanged = new LimitChanged() });
        var host = new ShellHost(machine, hasPast: true);
        Assert.Equal(1, host.Writes);
        host.Do(shell => shell.Submit(Calls(1), "session", host.NowMs));
        Assert.Empty(host.Said);
        host.Do(shell => shell.Written(host.NowMs));
        Assert.Single(host.Heard("session"));
    }

    [Fact]
    public void An_entity_without_a_past_need_not_write()
    {
        _host.Do(shell => shell.Submit(Calls(1), "session", _host.NowMs));
        Assert.Single(_host.Heard("session"));
        Assert.Equal(0, _host.Writes);
    }

    [Fact]
    public void An_executor_that_is_overfull_drops_calls_without_an_answer()
    {
        var options = new ShellOptions { Owner = "here", Executor = new() { PendingEvents = 1 } };
        var host = new ShellHost(new Machines.ProbeMachine(), options: options);
        for (var seq = 1ul; seq <= 4; seq++) host.Do(shell => shell.Submit(Calls(seq), "session", host.NowMs));
        host.Do(shell => shell.Written(host.NowMs));
        host.Do(shell => shell.Written(host.NowMs));
        var results = host.Heard("session").Cast<Results>().SelectMany(each => each.Results_);
        Assert.Equal(
            [(1, Errno.None), (2, Errno.None), (3, Errno.ENOBUFS)],
            results.Select(result => ((int)result.Seq, (Errno)result.Errno)));
    }

    private static Request Publish => new() { TouchEntities = new TouchEntities() };

    private static Stamp Pid7 => new() { Pid = 7, Credentials = new Credentials(), Limits = new Limits() };

    private static Submit Calls(ulong seq) => new()
    {
        Stamp = Pid7, Calls = { new Call { Seq = seq, LimitsSet = new LimitsSet { Value = 1 } } },
    };

    private void Subscribe(string name)
    {
        _host.Ask(new Request { SubscribeLimits = new SubscribeLimits() }, name);
        if (_host.HasQuorum) Assert.IsType<Reply>(Assert.Single(_host.Heard(name)));
    }
}
