using Cluster.Core.Sessions;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>A node, as its sessions see it: its clock, and the limits that it holds for them.</summary>
public sealed class LimitsNode : IPeer, ILimitsOutputs<Session>
{
    private readonly World _world;
    private readonly LimitsKeeper<Session> _keeper;
    private readonly long _bootedMs; // its clock began then
    private long _wakeAtMs = long.MaxValue;
    private long _cutUntilMs;

    public LimitsNode(World world)
    {
        _world = world;
        _bootedMs = world.Clock.Random.Next(500_000);
        _keeper = new LimitsKeeper<Session>((ulong)world.Clock.Random.NextInt64(1, long.MaxValue), Limits);
    }

    public bool IsAlive { get; private set; } = true;

    /// <summary>What the sessions read.</summary>
    public NodeLimits Limits { get; } = new();

    /// <summary>The clock of the node, in ms.</summary>
    public long NowMs => _world.Clock.NowMs - _bootedMs;

    private bool IsCut => _world.Clock.NowMs < _cutUntilMs;

    /// <summary>A session asks: a message within the node.</summary>
    public void Ask(Request request, Session session) =>
        _world.Clock.After(_world.Clock.Random.Next(0, 3), () => Step(now => _keeper.Ask(request, session, now)));

    public void Hear(Reply reply)
    {
        if (!IsCut) Step(now => _keeper.Reply(reply, now));
    }

    public void Hear(Results results) => throw new SimulationException("a keeper of limits makes no calls");

    /// <summary>Another node is gone.</summary>
    public void HearNodeGone() => Step(_keeper.NodeGone);

    /// <summary>For a while nothing that the keeper says arrives, and it hears nothing.</summary>
    public void CutFor(long ms) => _cutUntilMs = _world.Clock.NowMs + ms;

    /// <summary>It dies, together with its sessions.</summary>
    public void Die() => IsAlive = false;

    private void Step(Action<long> input)
    {
        if (!IsAlive) return;
        input(NowMs);
        _keeper.Drain(this);
        var nextMs = _keeper.NextTickMs;
        if (nextMs >= _wakeAtMs) return;
        _wakeAtMs = nextMs;
        _world.Clock.After(nextMs - NowMs, () =>
        {
            if (_wakeAtMs != nextMs) return;
            _wakeAtMs = long.MaxValue;
            Step(_keeper.Tick);
        });
    }

    void ILimitsOutputs<Session>.Send(Request request)
    {
        if (IsCut) return;
        var copy = request.Clone();
        _world.Deliver(() => _world.Find(copy.To).Take(copy.Clone(), this));
    }

    void ILimitsOutputs<Session>.Answer(Session session, Reply reply) =>
        _world.Clock.After(_world.Clock.Random.Next(0, 3), () => session.Hear(reply));
}
