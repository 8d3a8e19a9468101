using Cluster.Core.Sessions;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Simulation;

/// <summary>One stream of a process: drives the product's own session, on a network that loses.</summary>
public sealed class Session : IPeer, ISessionOutputs
{
    private readonly World _world;
    private readonly Action<ServerFrame> _send;
    private readonly Action _broken;
    private readonly SessionCore _core;
    private readonly LimitsNode _node;
    private long _wakeAtMs = long.MaxValue;

    public Session(World world, LimitsNode node, Action<ServerFrame> send, Action broken)
    {
        (_world, _node, _send, _broken) = (world, node, send, broken);
        var token = new byte[16];
        world.Clock.Random.NextBytes(token);
        var settings = new SessionSettings { Gateway = "gateway", Limits = node.Limits };
        _core = new SessionCore(settings, ByteString.CopyFrom(token));
    }

    public bool IsAlive { get; private set; } = true;

    /// <summary>Where it is.</summary>
    public LimitsNode Node => _node;

    /// <summary>It did not end by itself: what it had said and is still under way is lost too.</summary>
    public bool IsBroken { get; private set; }

    public void OnFrame(ClientFrame frame) =>
        Step(now => _core.Frame(frame, frame.Hello?.NewProcess?.Credentials, 0, now));

    public void Hear(Results results) => Step(now => _core.Results(results, now));

    public void Hear(Reply reply) => Step(now => _core.Reply(reply, now));

    /// <summary>Another node is gone.</summary>
    public void HearNodeGone() => Step(_ => _core.NodeGone());

    /// <summary>The stream broke, or the gateway's node died.</summary>
    public void Break()
    {
        if (!IsAlive) return;
        IsAlive = false;
        IsBroken = true;
        _world.SessionGone(this);
        _broken();
    }

    private long NowMs => _node.NowMs;

    private void Step(Action<long> input)
    {
        if (!IsAlive) return;
        input(NowMs);
        _core.Drain(this);
        Schedule();
    }

    private void Schedule()
    {
        var nextMs = _core.NextTickMs;
        if (nextMs >= _wakeAtMs) return;
        _wakeAtMs = nextMs;
        _world.Clock.After(nextMs - NowMs, () =>
        {
            if (_wakeAtMs != nextMs) return;
            _wakeAtMs = long.MaxValue;
            Step(_core.Tick);
        });
    }

    void ISessionOutputs.Send(Submit submit)
    {
        var copy = submit.Clone();
        _world.Deliver(() => _world.Find(copy.To).Take(copy.Clone(), this));
    }

    void ISessionOutputs.Send(Request request)
    {
        var copy = request.Clone();
        _world.Deliver(() => _world.Find(copy.To).Take(copy.Clone(), this));
    }

    void ISessionOutputs.TakePid(Request request)
    {
        var reply = new Reply { Id = request.Id, Allocated = new Allocated { First = _world.NextPid() } };
        _world.Clock.After(_world.Clock.Random.Next(0, 3), () => Hear(reply));
    }

    void ISessionOutputs.Subscribe(Request request) => _node.Ask(request.Clone(), this);

    void ISessionOutputs.Write(ServerFrame frame) => _send(frame.Clone());

    void ISessionOutputs.End()
    {
        if (!IsAlive) return;
        IsAlive = false;
        _world.SessionGone(this);
    }
}
