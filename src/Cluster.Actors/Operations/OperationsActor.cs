using Akka.Actor;
using Cluster.Protocol;

namespace Cluster.Actors.Operations;

/// <summary>
/// Receives the questions and orders of operators that another node, or this one, passes on.
/// </summary>
internal sealed class OperationsActor(OperationsOptions options) : UntypedActor
{
    /// <summary>The actor's name, the same on every node.</summary>
    public const string Name = "operations";

    public static Props Props(OperationsOptions options) =>
        Akka.Actor.Props.Create(() => new OperationsActor(options));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NodeFiguresRead:
                Context.ActorOf(FiguresActor.Props(options, Sender));
                break;
            case RebalanceNow:
                options.Regions.RebalanceNow();
                break;
            case HomesWanted:
                options.Regions.AskForHomes();
                break;
            case LeaveNow:
                _ = CoordinatedShutdown.Get(Context.System).Run(CoordinatedShutdown.ClusterLeavingReason.Instance);
                break;
        }
    }
}
