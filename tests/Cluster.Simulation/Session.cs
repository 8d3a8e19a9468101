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
    private readonly long _bootedMs; // the clock of its node began then
    private long _wakeAtMs = long.MaxValue;

    public Session(World world, Action<ServerFrame> send, Action broken)
    {
        (_world, _send, _broken) = (world, send, broken);
        _bootedMs = world.Clock.Random.Next(500_000);
        var token = new byte[16];
        world.Clock.Random.NextBytes(token);
        _core = new SessionCore(new SessionSettings { Gateway = "gateway" }, ByteString.CopyFrom(token));
    }

    public bool IsAlive { get; private set; } = true;

    /// <summary>It did not end by itself: what it had said and is still under way is lost too.</summary>
    public bool IsBroken { get; private set; }

    public void OnFrame(ClientFrame frame) =>
        Step(now => _core.Frame(frame, frame.Hello?.NewProcess?.Credentials, 0, now));

    public void Hear(Results results) => Step(_ => _core.Results(results));

    public void Hear(Reply reply) => Step(now => _core.Reply(reply, now));

    /// <summary>Another node is gone.</summary>
    public void HearNodeGone() => Step(_core.NodeGone);

    /// <summary>The stream broke, or the gateway's node died.</summary>
    public void Break()
    {
        if (!IsAlive) return;
        IsAlive = false;
        IsBroken = true;
        _world.SessionGone(this);
        _broken();
    }

    private long NowMs => _world.Clock.NowMs - _bootedMs;

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

    void ISessionOutputs.Write(ServerFrame frame) => _send(frame.Clone());

    void ISessionOutputs.End()
    {
        if (!IsAlive) return;
        IsAlive = false;
        _world.SessionGone(this);
    }
}
