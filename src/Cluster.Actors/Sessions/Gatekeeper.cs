using System.Threading.Channels;
using Akka.Actor;
using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>Opens sessions on this node: for the gRPC gateway, and for services that are members of the cluster.</summary>
/// <param name="system">The node's actor system.</param>
/// <param name="options">What sessions need.</param>
public sealed class Gatekeeper(ActorSystem system, SessionOptions options)
{
    private long _count;

    /// <summary>Opens a session.</summary>
    public Session Open()
    {
        // Not bounded by itself: a session ends when its client leaves too much of it unread.
        var output = Channel.CreateUnbounded<ServerFrame>(new UnboundedChannelOptions { SingleWriter = true });
        var session = system.ActorOf(SessionActor.Props(options, output), $"session-{Interlocked.Increment(ref _count)}");
        return new Session(session, output.Reader);
    }
}
