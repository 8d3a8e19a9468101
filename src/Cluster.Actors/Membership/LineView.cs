namespace Cluster.Actors.Membership;

/// <summary>The members as this node knows them.</summary>
/// <param name="IsMember">Whether it is one itself, as far as it knows.</param>
/// <param name="Voters">The uids of the others that count for a majority.</param>
/// <param name="Known">The uids of all others that have not been marked as down.</param>
internal sealed record LineView(bool IsMember, IReadOnlySet<int> Voters, IReadOnlySet<int> Known)
{
    /// <summary>The uids of those that have: they are told nothing any more, and their end is watched for.</summary>
    public IReadOnlySet<int> Down { get; init; } = new HashSet<int>();

    /// <summary>The uids of those that left in good order.</summary>
    public IReadOnlySet<int> Left { get; init; } = new HashSet<int>();

    /// <summary>Before the cluster was joined.</summary>
    public static LineView Nobody { get; } = new(false, new HashSet<int>(), new HashSet<int>());
}
