using Akka.Actor;

namespace Cluster.Actors.Membership;

/// <summary>What a node does so that the others know whether it lives, and so that it knows whether it still counts.</summary>
public static class Membership
{
    /// <summary>Starts it, before the cluster is joined. It ends with the actor system.</summary>
    public static void Start(ActorSystem system, MembershipOptions options) =>
        system.ActorOf(MembershipActor.Props(options), MembershipActor.Name);
}
