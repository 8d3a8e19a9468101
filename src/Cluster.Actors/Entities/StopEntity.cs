namespace Cluster.Actors.Entities;

/// <summary>
/// Stops an entity once everything it has begun is written: in passivation and when its shard moves. PoisonPill would
/// drop what is under way.
/// </summary>
public sealed class StopEntity
{
    private StopEntity()
    {
    }

    /// <summary>The message.</summary>
    public static StopEntity Instance { get; } = new();
}
