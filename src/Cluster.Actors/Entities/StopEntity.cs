namespace Cluster.Actors.Entities;

/// <summary>
/// Stops an entity once everything that it has begun is written: for passivation, and when its shard moves. PoisonPill
/// would drop the work under way.
/// </summary>
public sealed class StopEntity
{
    private StopEntity()
    {
    }

    /// <summary>The message.</summary>
    public static StopEntity Instance { get; } = new();
}
