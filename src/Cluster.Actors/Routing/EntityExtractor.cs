using System.Globalization;
using Akka.Cluster.Sharding;
using Cluster.Protocol;

namespace Cluster.Actors.Routing;

/// <summary>Finds the entity and the shard of a message.</summary>
/// <param name="shards">The number of shards. It must be the same on every node and must never change.</param>
public sealed class EntityExtractor(int shards) : IMessageExtractor
{
    private readonly string[] _names =
        [.. Enumerable.Range(0, shards).Select(shard => shard.ToString(CultureInfo.InvariantCulture))];

    public string? EntityId(object message) => KeyOf(message) is not { } key ? null
        : ShardPlace.Is(key) ? ShardPlace.NoEntity
        : EntityIds.Format(key);

    public object EntityMessage(object message) => message;

    public string? ShardId(object message) => KeyOf(message) is { } key ? ShardOf(key) : null;

    public string ShardId(string entityId, object? messageHint = null) =>
        ShardOf(KeyOf(messageHint) ?? EntityIds.Parse(entityId));

    private string ShardOf(EntityKey key) => _names[EntityIds.Hash(key) % _names.Length];

    private static EntityKey? KeyOf(object? message) => message switch
    {
        Submit submit => submit.To,
        Request request => request.To,
        _ => null,
    };
}
