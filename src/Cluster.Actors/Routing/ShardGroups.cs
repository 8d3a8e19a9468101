using System.Globalization;
using Cluster.Actors.Journal.Rows;
using Cluster.Protocol;

namespace Cluster.Actors.Routing;

/// <summary>
/// The entities of a shard are a fence group: they move from node to node together. Akka's own persistent actors have
/// none. The names are on disk and must never change.
/// </summary>
public sealed class ShardGroups : IFenceGroups
{
    /// <inheritdoc/>
    public string? Of(string persistenceId)
    {
        if (!EntityIds.TryParse(persistenceId, out var key)) return null;
        var (letter, shards) = key.Kind == Kind.Process ? ('p', Regions.ProcessShards) : ('o', Regions.ObjectShards);
        return string.Create(CultureInfo.InvariantCulture, $"{letter}{EntityIds.Hash(key) % shards}");
    }
}
