using Cluster.Core.Entities;
using Cluster.Core.Machines;
using Cluster.Core.Namespaces;
using Cluster.Core.Tests.Shells;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Namespaces;

/// <summary>When a namespace answers a change of its limits: once no node can use the old ones.</summary>
public sealed class LimitsLeaseTests
{
    private readonly ShellHost _host = new(new Namespace(new EntityKey { Kind = Kind.Namespace, Namespace = 1 }));

    [Fact]
    public void A_change_without_holders_is_answered_at_once()
    {
        Set(1);
        Assert.Equal([1ul], Answered());
    }

    [Fact]
    public void A_change_is_answered_when_every_holder_has_confirmed_it()
    {
        Subscribe(10, 0);
        Subscribe(20, 0);
        Set(1);
        Assert.Empty(Answered());
        Assert.Equal(1ul, ((Reply)_host.Heard("node 10")[^1]).OwnLimits.Revision); // the news
        Subscribe(10, 1);
        Assert.Empty(Answered());
        Subscribe(20, 1);
        Assert.Equal([1ul], Answered());
    }

    [Fact]
    public void A_change_does_not_wait_for_a_holder_that_is_gone_or_has_returned_the_limits()
    {
        Subscribe(10, 0);
        Subscribe(20, 0);
        Set(1);
        _host.Do(shell => shell.Gone("node 10", _host.NowMs));
        Write();
        Assert.Empty(Answered());
        Subscribe(20, 0, isReturned: true);
        Assert.Equal([1ul], Answered());
    }

    [Fact]
    public void A_change_waits_for_a_silent_holder_until_its_lease_has_run_out()
    {
        Subscribe(10, 0);
        Set(1);
        _host.Heard("node 10");
        _host.Pass(Namespace.GrantMs - 1);
        Write();
        Assert.Empty(Answered());
        Assert.NotEmpty(_host.Heard("node 10")); // it is reminded
        _host.Pass(1);
        Write();
        Assert.Equal([1ul], Answered());
        Assert.DoesNotContain("node 10", _host.Watched);
    }

    [Fact]
    public void A_resent_change_is_not_answered_before_the_holders_have_confirmed_it()
    {
        Subscribe(10, 0);
        Set(1);
        Set(1);
        _host.Do(shell => shell.Submit(new Submit { Stamp = Root, Cancels = { 1 } }, "session", _host.NowMs));
        Assert.Empty(Answered());
        Subscribe(10, 1);
        Assert.Equal([1ul], Answered());
    }

    [Fact]
    public void A_later_life_of_the_namespace_waits_for_the_holders_of_the_earlier_one()
    {
        Subscribe(10, 0);
        Set(1);
        var next = new ShellHost(Restored(_host.Shell.Machine));
        next.Do(shell => shell.Submit(Change(1), "session", next.NowMs));
        next.Do(shell => shell.Written(next.NowMs));
        Assert.Empty(next.Heard("session"));
        next.Ask(Subscription(10, 1), "node 10");
        next.Do(shell => shell.Written(next.NowMs));
        Assert.Single(next.Heard("session"));
    }

    [Fact]
    public void A_namespace_without_holders_leaves_memory()
    {
        Subscribe(10, 0);
        _host.Pass(Namespace.GrantMs);
        Write();
        _host.Pass(200_000);
        Assert.Equal(1, _host.Passivations);
    }

    private static Stamp Root => new() { Pid = 7, Credentials = new Credentials(), Limits = new Limits() };

    private static Machine Restored(Machine machine)
    {
        var next = MachineFactory.Create(machine.Key);
        next.Restore(machine.TakeSnapshot());
        return next;
    }

    private static Submit Change(ulong seq) => new()
    {
        Stamp = Root, Calls = { new Call { Seq = seq, LimitsSet = new LimitsSet { Name = "msgmax", Value = 9 } } },
    };

    private static Request Subscription(ulong holder, ulong revision, bool isReturned = false) => new()
    {
        SubscribeLimits = new SubscribeLimits { Holder = holder, Revision = revision, Returned = isReturned },
    };

    private void Subscribe(ulong holder, ulong revision, bool isReturned = false)
    {
        _host.Ask(Subscription(holder, revision, isReturned), $"node {holder}");
        Write();
    }

    private void Set(ulong seq)
    {
        _host.Do(shell => shell.Submit(Change(seq), "session", _host.NowMs));
        Write();
    }

    private void Write()
    {
        while (_host.Shell.IsWriting) _host.Do(shell => shell.Written(_host.NowMs));
    }

    private ulong[] Answered() =>
    [
        .. _host.Heard("session").Cast<Results>().SelectMany(each => each.Results_).Where(result => result.Errno == 0)
            .Select(result => result.Seq),
    ];
}
