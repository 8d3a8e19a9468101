using Akka.Actor;

namespace Cluster.Actors.Membership.Links;

/// <summary>
/// Closes the connections that Akka has with a node, and keeps Akka's state about them. Akka numbers its system
/// messages (watch, terminated) over all connections with one process. Akka's own way, a quarantine without a uid,
/// resets the numbers of this end only: the other end then sees a gap in the numbers and quarantines this process for
/// ever.
/// </summary>
/// <param name="system">The actor system that has the connections.</param>
internal sealed class Associations(ActorSystem system)
{
    /// <summary>
    /// Closes the connections that this node only reads from. Call this first: a connection stores the numbers that it
    /// has received when it ends, and the next connection loads them.
    /// </summary>
    public void StopReading(Address node) => Stop($"endpointWriter-{Name(node)}-*");

    /// <summary>Closes the connection that this node writes to. Akka opens a new one for the next message.</summary>
    public void StopWriting(Address node) => Stop($"reliableEndpointWriter-{Name(node)}-*/endpointWriter");

    // The names of Akka's own actors. Akka offers no other handle to a single connection.
    private static string Name(Address node) => Uri.EscapeDataString(node.ToString());

    private void Stop(string actors) =>
        system.ActorSelection($"/system/endpointManager/{actors}").Tell(PoisonPill.Instance, ActorRefs.NoSender);
}
