using System.Net;

namespace Cluster.Actors.Membership;

/// <summary>What the lines between nodes need.</summary>
public sealed record MembershipOptions
{
    /// <summary>The default of <see cref="LeaseMs"/>.</summary>
    public const int SpeakingLeaseMs = 750;

    /// <summary>Where the lines are listened for; port 0 takes a free one.</summary>
    public required IPEndPoint Bind { get; init; }

    /// <summary>The port that other nodes are told to come to; 0: the one that is listened on.</summary>
    public int AnnouncedPort { get; init; }

    /// <summary>Told whether this node may speak.</summary>
    public required Quorum Quorum { get; init; }

    /// <summary>
    /// How long a majority's word counts, in ms, from the moment when it was asked for. No longer than
    /// akka.cluster.down-removal-margin.
    /// </summary>
    public long LeaseMs { get; init; } = SpeakingLeaseMs;
}
