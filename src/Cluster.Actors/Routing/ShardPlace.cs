using Cluster.Protocol;

namespace Cluster.Actors.Routing;

/// <summary>
/// The key of a place in a shard where no entity is. A region that passes a message on to it learns where the shard is;
/// the shard drops the message.
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
