namespace Cluster.Actors.Sharding;

/// <summary>
/// Turns the rounds of a rebalance into one event. Used by one coordinator, which decides one round at a time.
/// </summary>
/// <param name="type">The type of the shards: objects or processes.</param>
/// <param name="stats">Counters of the node.</param>
/// <param name="publish">Called with the event when the rebalance has ended.</param>
internal sealed class ShardMoves(string type, NodeStats stats, Action<object> publish)
{
    private int _moved;

    /// <summary>A round has been decided.</summary>
    /// <param name="count">The number of shards that the round moves; 0: the shards are balanced.</param>
    public void Add(int count)
    {
        if (count == 0)
        {
            var moved = Interlocked.Exchange(ref _moved, 0);
            if (moved > 0) publish(new ShardsMoved(type, moved));
            return;
        }

        Interlocked.Add(ref _moved, count);
        stats.AddShardMoves(count);
    }
}
