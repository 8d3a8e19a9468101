using Akka.Actor;
using Akka.Cluster.Sharding;
using Cluster.Actors.Entities;
using Cluster.Actors.Tracing;
using Cluster.Protocol;

namespace Cluster.Actors.Sharding;

/// <summary>The way to every entity of the cluster.</summary>
/// <remarks>
/// Two types of shards: processes, which come back by themselves after a crash so that their leases run out (the shards
/// remember them), and everything else, which comes back when somebody asks for it.
/// </remarks>
public sealed class Regions
{
    /// <summary>Shards of processes.</summary>
    public const int ProcessShards = 32;

    /// <summary>Shards of all other entities: small objects, many a shard, enough shards for many nodes.</summary>
    public const int ObjectShards = 128;

    private readonly IActorRef _objects;
    private readonly IActorRef _processes;
    private FairShares[] _shares = [];

    /// <summary>
    /// The way to entities that stand behind these: a test's, or the shards that <see cref="Start"/> makes.
    /// </summary>
    internal Regions(IActorRef objects, IActorRef processes) => (_objects, _processes) = (objects, processes);

    /// <summary>Starts hosting entities on this node.</summary>
    public static Regions Start(ActorSystem system, EntityOptions options)
    {
        system.ActorOf(TapActor.Props(options.Taps), TapActor.Name);
        ClusterSharding.Get(system).SetShardingBufferMessageAdapter(new BufferedCalls());
        var sharding = ClusterSharding.Get(system);
        var settings = ClusterShardingSettings.Create(system);
        FairShares[] shares = [Shares("objects"), Shares("processes")];
        var entities = EntityActor.Props(options);
        var objects = sharding.Start(
            "objects",
            _ => entities,
            settings.WithRememberEntities(false),
            new EntityExtractor(ObjectShards),
            shares[0],
            StopEntity.Instance);
        var processes = sharding.Start(
            "processes",
            _ => entities,
            settings.WithRememberEntities(true),
            new EntityExtractor(ProcessShards),
            shares[1],
            StopEntity.Instance);
        HomesBeforeLeave.AddTo(system);
        return new Regions(objects, processes) { _shares = shares }.For(options);

        FairShares Shares(string type)
        {
            var moves = new ShardMoves(type, options.Stats, system.EventStream.Publish);
            var ordinary = new SameJournal(sharding.DefaultShardAllocationStrategy(settings));
            return new FairShares(ordinary, options.Time, moves.Add);
        }
    }

    /// <summary>Shards of objects on this node.</summary>
    internal IActorRef Objects => _objects;

    /// <summary>Shards of processes on this node.</summary>
    internal IActorRef Processes => _processes;

    /// <summary>If this node has the coordinator: the next round moves as many shards as it takes.</summary>
    internal void RebalanceNow()
    {
        foreach (var shares in _shares) shares.Ask();
    }

    /// <summary>Has this node know where each shard is; one without a home gets one.</summary>
    internal void AskForHomes()
    {
        foreach (var place in ShardPlace.InEach(ObjectShards)) _objects.Tell(new Request { To = place });
        foreach (var place in ShardPlace.InEach(ProcessShards)) _processes.Tell(new Request { To = place });
    }

    /// <summary>The shard of an entity.</summary>
    internal static string ShardOf(EntityKey key) =>
        new EntityExtractor(key.Kind == Kind.Process ? ProcessShards : ObjectShards).ShardId(EntityIds.Format(key));

    /// <summary>The region to send messages for an entity to.</summary>
    public IActorRef Of(EntityKey key) => key.Kind == Kind.Process ? _processes : _objects;

    private Regions For(EntityOptions options)
    {
        options.Regions.SetResult(this);
        return this;
    }
}
