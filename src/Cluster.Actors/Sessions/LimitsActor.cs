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
    private readonly TickAlarm _alarm = new(Context.System.Scheduler, Context.Self);

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
        _alarm.Cancel();
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
            case TickAlarm.Wake:
                _alarm.Rang();
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
        _alarm.Set(_keeper.NextTickMs, NowMs);
    }

    void ILimitsOutputs<IActorRef>.Send(Request request) => _regions.Of(request.To).Tell(request);

    void ILimitsOutputs<IActorRef>.Answer(IActorRef session, Reply reply) => session.Tell(reply);
}
