namespace Cluster.Actors.Sharding;

/// <summary>
/// Published on the event stream of the node with the coordinator when a rebalance has come to its end, after one round
/// or many.
/// </summary>
/// <param name="Type">"objects" or "processes".</param>
/// <param name="Count">How many shards were moved.</param>
public sealed record ShardsMoved(string Type, int Count);
