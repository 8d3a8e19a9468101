using Akka.Actor;
using Akka.Cluster.Sharding;
using Cluster.Actors.Entities;
using Cluster.Actors.Routing;
using Cluster.Actors.Tracing;

namespace Cluster.Actors.Sharding;

/// <summary>Starts the shard regions of a node.</summary>
public static class ShardRegions
{
    /// <summary>Starts the shard regions of this node, and gives its entities the way to all other entities.</summary>
    public static Regions Start(ActorSystem system, EntityOptions options)
    {
        system.ActorOf(TapActor.Props(options.Taps), TapActor.Name);
        var sharding = ClusterSharding.Get(system);
        sharding.SetShardingBufferMessageAdapter(new BufferedCalls());
        var settings = ClusterShardingSettings.Create(system);
        FairShares[] shares = [Shares("objects"), Shares("processes")];
        var entities = EntityActor.Props(options);
        var objects = sharding.Start(
            "objects",
            _ => entities,
            settings.WithRememberEntities(false),
            new EntityExtractor(Regions.ObjectShards),
            shares[0],
            StopEntity.Instance);
        var processes = sharding.Start(
            "processes",
            _ => entities,
            settings.WithRememberEntities(true),
            new EntityExtractor(Regions.ProcessShards),
            shares[1],
            StopEntity.Instance);
        var regions = new Regions(objects, processes, () => Array.ForEach(shares, share => share.Ask()));
        options.Regions.SetResult(regions);
        return regions;

        FairShares Shares(string type)
        {
            var moves = new ShardMoves(type, options.Stats, system.EventStream.Publish);
            var ordinary = new SameJournal(sharding.DefaultShardAllocationStrategy(settings));
            return new FairShares(ordinary, options.Time, moves.Add);
        }
    }
}
