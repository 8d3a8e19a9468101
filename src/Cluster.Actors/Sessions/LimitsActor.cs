using System.Security.Cryptography;
using Akka.Actor;
using Cluster.Actors.Dispatch;
using Cluster.Actors.Membership;
using Cluster.Actors.Routing;
using Cluster.Actors.Time;
using Cluster.Core.Sessions;
using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>
/// Drives the <see cref="LimitsKeeper{TRef}"/> of a node: messages are its inputs, and its outputs become messages. All
/// decisions are in the keeper. Namespaces watch this actor: when it is gone, they do not wait for it.
/// </summary>
internal sealed class LimitsActor : UntypedActor, ILimitsOutputs<IActorRef>
{
    private readonly Regions _regions;
    private readonly LimitsKeeper<IActorRef> _keeper;
    private Alarm? _timer;
    private long _timerAtMs = long.MaxValue;

    public LimitsActor(Regions regions, NodeLimits limits)
    {
        _regions = regions;
        var holder = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;
        _keeper = new LimitsKeeper<IActorRef>(holder, limits);
    }

    private static long NowMs => BootClock.NowMs;

    /// <param name="regions">The way to the namespaces.</param>
    /// <param name="limits">What the sessions of the node read.</param>
    public static Props Props(Regions regions, NodeLimits limits) =>
        Akka.Actor.Props.Create(() => new LimitsActor(regions, limits));

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(NodeGone));

    protected override void PostStop()
    {
        _timer?.Cancel();
        Context.System.EventStream.Unsubscribe(Self);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Request { SubscribeLimits: not null } request:
                _keeper.Ask(request, Sender, NowMs);
                break;
            case Reply reply:
                _keeper.Reply(reply, NowMs);
                break;
            case Wake:
                (_timer, _timerAtMs) = (null, long.MaxValue);
                _keeper.Tick(NowMs);
                break;
            case NodeGone:
                _keeper.NodeGone(NowMs);
                break;
            case NodeStopping:
                _keeper.Stop();
                break;
        }

        _keeper.Drain(this);
        Schedule();
    }

    private void Schedule()
    {
        var nextMs = _keeper.NextTickMs;
        if (nextMs >= _timerAtMs) return;
        _timerAtMs = nextMs;
        _timer?.Cancel();
        var wait = TimeSpan.FromMilliseconds(Math.Clamp(nextMs - NowMs, 1, int.MaxValue));
        _timer = Alarm.Set(Context.System.Scheduler, wait, Self, Wake.Instance);
    }

    void ILimitsOutputs<IActorRef>.Send(Request request) => _regions.Of(request.To).Tell(request);

    void ILimitsOutputs<IActorRef>.Answer(IActorRef session, Reply reply) => session.Tell(reply);

    private sealed class Wake : INotInfluenceReceiveTimeout, INoSerializationVerificationNeeded
    {
        public static readonly Wake Instance = new();
    }
}
