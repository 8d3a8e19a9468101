using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace Cluster.Actors.Membership;

/// <summary>
/// The failure detector of Akka, which can also be told for certain: a member that was marked as down is removed only
/// once somebody sees that it cannot be reached, and that a process has ended is known seconds before its heartbeats
/// are missed.
/// </summary>
/// <param name="config">As the base takes it.</param>
/// <param name="events">As the base takes it.</param>
public sealed class LineFailureDetector(Config config, EventStream events) : PhiAccrualFailureDetector(config, events)
{
    // The registry makes a detector for each address and does not say which: the one that it asks on this thread, while
    // this is set, is the one.
    [ThreadStatic]
    private static bool _condemns;

    private volatile bool _isCondemned;

    /// <inheritdoc/>
    public override bool IsAvailable
    {
        get
        {
            if (_condemns) _isCondemned = true;
            return !_isCondemned && base.IsAvailable;
        }
    }

    /// <summary>
    /// The process at an address has ended. Who comes to the address later has a detector of its own: the cluster
    /// forgets this one with the member.
    /// </summary>
    internal static void Condemn(IFailureDetectorRegistry<Address> registry, Address address)
    {
        _condemns = true;
        registry.IsAvailable(address);
        _condemns = false;
    }
}
