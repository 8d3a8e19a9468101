using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;

namespace Cluster.Actors.Membership;

/// <summary>
/// What a node does so that the others know whether it lives, and so that it knows whether it still counts.
/// </summary>
public static class Membership
{
    /// <summary>
    /// Starts it, before the cluster is joined. It ends with the actor system. Completes when it listens for the
    /// others.
    /// </summary>
    /// <exception cref="SocketException">
    /// The address cannot be listened on: without it the node could not speak.
    /// </exception>
    public static Task StartAsync(ActorSystem system, MembershipOptions options)
    {
        var listens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(MembershipActor.Props(options, listens), MembershipActor.Name);
        return listens.Task;
    }

    /// <summary>
    /// Whether only a majority of all nodes may give others up; otherwise Akka's resolver alone decides.
    /// </summary>
    /// <param name="config">What Akka is told.</param>
    public static bool KeepsMajority(Config config)
    {
        var resolver = config.GetConfig("akka.cluster.split-brain-resolver");
        return resolver?.GetString("active-strategy") == "keep-majority"
            && string.IsNullOrEmpty(resolver.GetString("keep-majority.role"));
    }
}
