using Akka.Actor;

namespace Cluster.Actors.Membership.Quorum;

/// <summary>Whether this node may answer for the objects that it has.</summary>
public interface IQuorum
{
    /// <summary>
    /// True while no other node can have taken over this node's objects. While it is false, all output of an entity
    /// waits. The journal refuses the writes of a node that was declared dead; this stops the answers that need no
    /// write.
    /// </summary>
    bool IsFresh { get; }

    /// <summary>Sends <see cref="QuorumBack"/> to an actor as soon as <see cref="IsFresh"/> is true.</summary>
    void WhenFresh(IActorRef actor);
}
