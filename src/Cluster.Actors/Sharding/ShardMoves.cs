namespace Cluster.Actors.Sharding;

/// <summary>
/// Makes one event of the rounds of a rebalance. For one coordinator, which decides one round at a time.
/// </summary>
/// <param name="type">Of what the shards are.</param>
/// <param name="stats">Counters of the node.</param>
/// <param name="publish">Told when it has ended.</param>
internal sealed class ShardMoves(string type, NodeStats stats, Action<object> publish)
{
    private int _moved;

    /// <summary>A round has been decided.</summary>
    /// <param name="count">How many shards it moves; 0: all are where they should be.</param>
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
