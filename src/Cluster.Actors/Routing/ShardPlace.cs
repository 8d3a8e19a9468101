using Cluster.Protocol;

namespace Cluster.Actors.Routing;

/// <summary>
/// A key that names a shard but no entity. A region that routes a message with this key learns the home of the shard.
/// The shard drops the message.
/// </summary>
internal static class ShardPlace
{
    /// <summary>The entity name of such a key.</summary>
    public const string NoEntity = "";

    /// <summary>Whether the key names a shard only.</summary>
    public static bool Is(EntityKey key) => key is { Kind: Kind.Unspecified, Namespace: 0 };

    /// <summary>A key for each shard.</summary>
    /// <param name="shards">The number of shards.</param>
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
