using Cluster.Protocol;

namespace Cluster.Actors.Routing;

/// <summary>
/// The key of nothing but a place in a shard: a region that passes a message on to it knows from then on where the
/// shard is, and the shard itself, which would find no entity of that name, lets the message go.
/// </summary>
internal static class ShardPlace
{
    /// <summary>The name of no entity.</summary>
    public const string NoEntity = "";

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
            places.TryAdd(extractor.ShardId(new Request { To = key })!, key);
        }

        return [.. places.Values];
    }
}
