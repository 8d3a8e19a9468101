namespace Cluster.Actors.Membership;

/// <summary>Published on the node that was told: a member does not count, whoever confirms it.</summary>
/// <param name="Uid">Which.</param>
internal sealed record GivenUpByOperator(int Uid);
