using Akka.Actor;
using Akka.Cluster.Sharding;
using Cluster.Actors.Entities;
using Cluster.Protocol;

namespace Cluster.Actors.Sharding;

/// <summary>
/// An entity that is nothing but a place in a shard, and goes as soon as it has been asked for: a region that passes a
/// message on to it knows from then on where the shard is.
/// </summary>
internal sealed class ShardPlace : UntypedActor
{
    /// <summary>How to make one.</summary>
    public static Props Props { get; } = Akka.Actor.Props.Create(() => new ShardPlace());

    /// <summary>Whether this is the key of a place, and not of an object.</summary>
    public static bool Is(EntityKey key) => key is { Kind: Kind.Unspecified, Namespace: 0 };

    /// <summary>A place in each shard.</summary>
    /// <param name="shards">How many there are.</param>
    public static IReadOnlyList<EntityKey> InEach(int shards)
    {
        var extractor = new EntityExtractor(shards);
        var places = new Dictionary<string, EntityKey>(shards);
        for (var id = 0L; places.Count < shards; id++)
        {
            var key = new EntityKey { Id = id };
            places.TryAdd(extractor.ShardId(EntityIds.Format(key)), key);
        }

        return [.. places.Values];
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (message is StopEntity) Context.Stop(Self);
        else Context.Parent.Tell(new Passivate(StopEntity.Instance));
    }
}
