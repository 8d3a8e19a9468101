using System.Net.Sockets;
using Akka.Actor;

namespace Cluster.Actors.Membership;

/// <summary>
/// Starts what tells the other nodes whether this node lives, and what tells this node whether it still is a member.
/// </summary>
public static class NodeMembership
{
    /// <summary>
    /// Starts the peer links, before the node joins the cluster. They end with the actor system. The task completes
    /// when this node listens for the others.
    /// </summary>
    /// <exception cref="SocketException">
    /// The node cannot listen on the address. Without the links it would never have a majority.
    /// </exception>
    public static Task StartAsync(ActorSystem system, MembershipOptions options)
    {
        var listens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(MembershipActor.Props(options, listens), MembershipActor.Name);
        return listens.Task;
    }
}
