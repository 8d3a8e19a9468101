namespace Cluster.Actors.Sharding;

/// <summary>
/// Published on the event stream of the node with the shard coordinator when a rebalance has ended, after one or more
/// rounds.
/// </summary>
/// <param name="Type">"objects" or "processes".</param>
/// <param name="Count">How many shards were moved.</param>
public sealed record ShardsMoved(string Type, int Count);
