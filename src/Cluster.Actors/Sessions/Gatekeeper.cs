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

    /// <summary>Opens a session. Tell it <see cref="Received"/> frames and, at the end, <see cref="StreamEnded"/>.</summary>
    /// <returns>The session, and what it says; complete once the session has ended.</returns>
    public (IActorRef Session, ChannelReader<ServerFrame> Output) Open()
    {
        // Unbounded, and yet bounded: a session says no more than its client has asked for and not seen.
        var output = Channel.CreateUnbounded<ServerFrame>(new UnboundedChannelOptions
        {
            SingleReader = true, SingleWriter = true,
        });
        var session = system.ActorOf(
            SessionActor.Props(options, output.Writer), $"session-{Interlocked.Increment(ref _count)}");
        return (session, output.Reader);
    }
}
