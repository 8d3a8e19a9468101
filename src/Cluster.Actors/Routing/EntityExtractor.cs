using System.Globalization;
using Akka.Cluster.Sharding;
using Cluster.Protocol;

namespace Cluster.Actors.Routing;

/// <summary>Which entity and which shard a message is for.</summary>
/// <param name="shards">The number of shards. Every node must have the same, for ever.</param>
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
