using Akka.Actor;
using Cluster.Protocol;

namespace Cluster.Actors.Membership;

/// <summary>
/// The gateway addresses of the nodes that take sessions, so that clients find the others when their node is gone.
/// </summary>
/// <remarks>
/// A node offers its own address to the other members every second, and at once when it begins or ends to take sessions.
/// <see cref="MembershipActor"/> keeps the list. A change is published as <see cref="GatewaysChanged"/>.
/// </remarks>
public sealed class Gateways
{
    private volatile string _own = "";
    private volatile IReadOnlyList<string> _all = [];

    /// <summary>The address of this node's gateway, as clients reach it; empty: it takes no sessions now.</summary>
    public string Own => _own;

    /// <summary>All addresses, in ordinal order; at most <see cref="Bounds.Gateways"/>.</summary>
    public IReadOnlyList<string> All => _all;

    /// <summary>Says whether this node takes sessions.</summary>
    /// <param name="own">The address of its gateway, as clients reach it; empty: it takes none.</param>
    /// <param name="system">The node's actor system.</param>
    public void Announce(string own, ActorSystem system)
    {
        _own = own;
        system.EventStream.Publish(OwnGatewayChanged.Instance);
    }

    /// <summary>Takes the addresses of the other nodes. True: the list has changed.</summary>
    internal bool Set(IEnumerable<string> others)
    {
        IReadOnlyList<string> all =
        [
            .. others.Append(_own).Where(each => each.Length > 0).Distinct().Order(StringComparer.Ordinal)
                .Take(Bounds.Gateways),
        ];
        if (all.SequenceEqual(_all)) return false;
        _all = all;
        return true;
    }
}

/// <summary>Published on this node when <see cref="Gateways.Own"/> has changed.</summary>
internal sealed class OwnGatewayChanged : INoSerializationVerificationNeeded
{
    public static readonly OwnGatewayChanged Instance = new();
}

/// <summary>Published on this node when <see cref="Gateways.All"/> has changed.</summary>
internal sealed class GatewaysChanged : INoSerializationVerificationNeeded
{
    public static readonly GatewaysChanged Instance = new();
}
