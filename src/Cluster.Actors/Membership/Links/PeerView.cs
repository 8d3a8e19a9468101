namespace Cluster.Actors.Membership.Links;

/// <summary>The members, as this node knows them.</summary>
/// <param name="IsMember">Whether this node is a member, as far as it knows.</param>
/// <param name="Voters">The uids of the other nodes that count for a majority.</param>
/// <param name="Known">The uids of all other nodes that are not marked as down.</param>
internal sealed record PeerView(bool IsMember, IReadOnlySet<int> Voters, IReadOnlySet<int> Known)
{
    /// <summary>
    /// Uids of the nodes marked as down. They get no answers any more; this node only watches for their exit.
    /// </summary>
    public IReadOnlySet<int> Down { get; init; } = new HashSet<int>();

    /// <summary>The uids of the nodes that left in an orderly way.</summary>
    public IReadOnlySet<int> Left { get; init; } = new HashSet<int>();

    /// <summary>The view before this node has joined the cluster.</summary>
    public static PeerView Nobody { get; } = new(false, new HashSet<int>(), new HashSet<int>());
}
