namespace Cluster.Actors.Membership;

/// <summary>
/// Published on the node that got the operator's order: the member no longer counts, without a confirmation by others.
/// </summary>
/// <param name="Uid">The uid of the member.</param>
internal sealed record DownedByOperator(int Uid);
