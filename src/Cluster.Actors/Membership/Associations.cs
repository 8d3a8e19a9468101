using Akka.Actor;

namespace Cluster.Actors.Membership;

/// <summary>
/// Closes the connections that Akka has with a node, and leaves alone what it knows of them. Its messages to watch an
/// actor, and that one has ended, are numbered over all connections with a process. To quarantine an address without a
/// uid forgets this end's numbers and not those of the other end, which then takes the next such message for a sign
/// that some were lost, and quarantines this process for good.
/// </summary>
/// <param name="system">Whose.</param>
internal sealed class Associations(ActorSystem system)
{
    /// <summary>
    /// Those that are only read from. To be called first: what they have received is noted when they have ended, and
    /// read when the next connection begins.
    /// </summary>
    public void StopReading(Address node) => Stop($"endpointWriter-{Name(node)}-*");

    /// <summary>The one that is written to. Akka makes a new one for the next message.</summary>
    public void StopWriting(Address node) => Stop($"reliableEndpointWriter-{Name(node)}-*/endpointWriter");

    // The names that Akka gives to its actors. It has no other handle to a single connection.
    private static string Name(Address node) => Uri.EscapeDataString(node.ToString());

    private void Stop(string actors) =>
        system.ActorSelection($"/system/endpointManager/{actors}").Tell(PoisonPill.Instance, ActorRefs.NoSender);
}
