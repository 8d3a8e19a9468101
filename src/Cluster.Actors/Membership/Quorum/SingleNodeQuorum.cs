using Akka.Actor;

namespace Cluster.Actors.Membership.Quorum;

/// <summary>The quorum of a node without other nodes: it always has one.</summary>
public sealed class SingleNodeQuorum : IQuorum
{
    /// <summary>The only instance: it has no state.</summary>
    public static SingleNodeQuorum Instance { get; } = new();

    public bool IsFresh => true;

    public void WhenFresh(IActorRef actor) => actor.Tell(QuorumBack.Instance, ActorRefs.NoSender);
}
