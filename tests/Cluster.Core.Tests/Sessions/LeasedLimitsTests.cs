using Cluster.Core.Namespaces;
using Cluster.Core.Sessions;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Sessions;

/// <summary>The limits that a session stamps on calls, and the lease by which its node holds them.</summary>
public sealed class LeasedLimitsTests
{
    private const long LeaseMs = Namespace.LeaseMs;

    private static readonly EntityKey Root = new() { Kind = Kind.Namespace, Namespace = Namespace.Root };

    private readonly SessionHost _host = new();
    private ulong _seq;

    [Fact]
    public void Calls_carry_the_latest_limits_and_the_node_confirms_them()
    {
        _host.Open(Limits(1_000, 1));
        _host.AnswerLimits(Limits(1_000, 1)); // what the node has confirmed
        _host.Hear(new Reply { From = Root, OwnLimits = Limits(2_000, 2) });
        Assert.Equal(2_000, StampedMsgmax());
        Assert.Equal(2ul, _host.Subscriptions.Last().SubscribeLimits.Revision);
    }

    [Fact]
    public void A_late_answer_does_not_bring_older_limits_back()
    {
        _host.Open(Limits(1_000, 5));
        _host.Hear(new Reply { From = Root, OwnLimits = Limits(500, 4) });
        Assert.Equal(1_000, StampedMsgmax());
    }

    [Fact]
    public void A_call_waits_when_the_lease_has_run_out_and_passes_when_it_is_renewed()
    {
        _host.Open(Limits(1_000, 1));
        _host.NowMs += LeaseMs;
        Stat();
        Assert.Empty(_host.Submits);
        Assert.Equal(1, _host.HeldFrames);
        _host.AnswerLimits(Limits(2_000, 2));
        Assert.Equal(2_000, _host.Submits.Dequeue().Stamp.Limits.Msgmax);
        Assert.Equal(0, _host.HeldFrames);
    }

    [Fact]
    public void The_lease_runs_from_the_question_and_not_from_its_answer()
    {
        _host.Open(Limits(1_000, 1));
        _host.PassAll(LeaseMs + 1); // asks again at the latest now
        StampWaits();
        var asked = _host.NowMs;
        _host.NowMs += LeaseMs;
        _host.AnswerLimits(Limits(2_000, 2));
        Assert.Empty(_host.Submits);
        Assert.InRange(_host.NowMs - asked, LeaseMs, long.MaxValue);
    }

    [Fact]
    public void A_lease_in_use_is_renewed_in_time_and_one_that_is_not_used_is_let_go()
    {
        _host.Open(Limits(1_000, 1));
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(1_000, StampedMsgmax());
            _host.PassAll(1_000);
            if (_host.Subscriptions.Count > 0) _host.AnswerLimits(Limits(1_000, 1));
        }

        var renewals = 0;
        for (var i = 0; i < 200; i++)
        {
            _host.PassAll(1_000);
            if (_host.Subscriptions.Count == 0) continue;
            renewals++;
            _host.AnswerLimits(Limits(1_000, 1));
        }

        Assert.InRange(renewals, 10, LimitsKeeper<SessionHost>.IdleMs / LimitsKeeper<SessionHost>.RenewAfterMs);
    }

    [Fact]
    public void A_namespace_that_stops_is_asked_again_at_once()
    {
        _host.Open(Limits(1_000, 1));
        _host.Subscriptions.Clear();
        _host.Hear(new Reply { From = Root, Errno = (int)Errno.EAGAIN });
        Assert.NotEmpty(_host.Subscriptions);
        _host.Subscriptions.Clear();
        _host.Keep(keeper => keeper.NodeGone(_host.NowMs));
        Assert.NotEmpty(_host.Subscriptions);
    }

    [Fact]
    public void A_node_that_stops_returns_the_limits_and_passes_no_call()
    {
        _host.Open(Limits(1_000, 1));
        _host.Subscriptions.Clear();
        _host.Keep(keeper => keeper.Stop());
        Assert.True(Assert.Single(_host.Subscriptions).SubscribeLimits.Returned);
        StampWaits();
    }

    private static OwnLimits Limits(long msgmax, ulong revision) =>
        new() { Limits = { ["msgmax"] = msgmax }, Revision = revision, LeaseMs = LeaseMs };

    private long StampedMsgmax()
    {
        Stat();
        return _host.Submits.Dequeue().Stamp.Limits.Msgmax;
    }

    private void StampWaits()
    {
        Stat();
        Assert.Empty(_host.Submits);
    }

    private void Stat()
    {
        var calls = new TargetCalls { Target = new Target { Kind = Kind.MessageQueue, Id = 3 } };
        calls.Calls.Add(new Call { Seq = ++_seq, Msgstat = new MsgStat() });
        _host.Write(new ClientFrame { Calls = { calls } });
    }
}
