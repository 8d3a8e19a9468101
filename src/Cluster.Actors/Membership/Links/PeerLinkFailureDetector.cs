using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace Cluster.Actors.Membership.Links;

/// <summary>
/// Akka's failure detector, which this node can also tell that a node is dead. Akka removes a member that is marked as
/// down only when a failure detector finds it unreachable, and a peer link shows an exit seconds before heartbeats are
/// missed.
/// </summary>
/// <param name="config">The parameter of the base class.</param>
/// <param name="events">The parameter of the base class.</param>
public sealed class PeerLinkFailureDetector(Config config, EventStream events)
    : PhiAccrualFailureDetector(config, events)
{
    // The registry creates one detector for each address and does not tell it the address. While this flag is set, the
    // detector that the registry asks on this thread is the one of the dead node.
    [ThreadStatic]
    private static bool _marksDead;

    private volatile bool _isMarkedDead;

    public override bool IsAvailable
    {
        get
        {
            if (_marksDead) _isMarkedDead = true;
            return !_isMarkedDead && base.IsAvailable;
        }
    }

    /// <summary>
    /// Marks the OS process at an address as dead. The cluster drops this detector together with the member, so a later
    /// process at the same address gets a new one.
    /// </summary>
    internal static void MarkDead(IFailureDetectorRegistry<Address> registry, Address address)
    {
        _marksDead = true;
        registry.IsAvailable(address);
        _marksDead = false;
    }
}
