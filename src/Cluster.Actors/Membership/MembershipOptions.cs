using System.Net;
using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Time;

namespace Cluster.Actors.Membership;

/// <summary>What the peer links need.</summary>
public sealed record MembershipOptions
{
    /// <summary>The default of <see cref="LeaseMs"/>.</summary>
    public const int DefaultLeaseMs = 750;

    /// <summary>Where this node listens for peer links. Port 0 takes a free port.</summary>
    public required IPEndPoint Bind { get; init; }

    /// <summary>The port that other nodes are told to connect to; 0: the port of <see cref="Bind"/>.</summary>
    public int AnnouncedPort { get; init; }

    /// <summary>
    /// Whether peer links are authenticated, by secrets that members tell each other over remoting. It has to be the same
    /// on all nodes, and remoting has to be encrypted.
    /// </summary>
    public bool Authenticates { get; init; }

    /// <summary>Gets the lease of this node.</summary>
    public required LeasedQuorum Quorum { get; init; }

    /// <summary>The clock of the cluster: members tell each other their readings.</summary>
    public ClusterClock Clock { get; init; } = new();

    /// <summary>The number of the cluster: members tell each other.</summary>
    public ClusterEpoch Epoch { get; init; } = new();

    /// <summary>The gateway addresses of the members: they tell each other.</summary>
    public Gateways Gateways { get; init; } = new();

    /// <summary>
    /// How long a confirmation counts, in ms from the moment of its question. Must not exceed
    /// akka.cluster.down-removal-margin.
    /// </summary>
    public long LeaseMs { get; init; } = DefaultLeaseMs;
}
