using Akka.Actor;

namespace Cluster.Actors.Membership;

/// <summary>Whether this node may speak for the objects that it has.</summary>
public interface IQuorum
{
    /// <summary>
    /// True as long as no other node can have taken this node's objects over. What an entity has to say waits while it
    /// is false: a write of a node that was given up is stopped by the journal, an answer that needs no write by this.
    /// </summary>
    bool IsFresh { get; }

    /// <summary>Tells an actor <see cref="QuorumBack"/> once it is fresh (again).</summary>
    void WhenFresh(IActorRef actor);
}
