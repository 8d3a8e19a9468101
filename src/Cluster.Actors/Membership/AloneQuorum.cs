using Akka.Actor;

namespace Cluster.Actors.Membership;

/// <summary>There are no other nodes.</summary>
public sealed class AloneQuorum : IQuorum
{
    /// <summary>It has no state.</summary>
    public static AloneQuorum Instance { get; } = new();

    /// <inheritdoc/>
    public bool IsFresh => true;

    /// <inheritdoc/>
    public void WhenFresh(IActorRef actor) => actor.Tell(QuorumBack.Instance, ActorRefs.NoSender);
}
