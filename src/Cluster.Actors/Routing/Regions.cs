using Akka.Actor;
using Cluster.Protocol;

namespace Cluster.Actors.Routing;

/// <summary>The way to every entity of the cluster.</summary>
/// <remarks>
/// There are two types of shards: processes, and everything else. The shards remember processes, which come back by
/// themselves after a crash so that their leases run out. All other entities come back when somebody asks for them.
/// </remarks>
public sealed class Regions
{
    /// <summary>Shards of processes. Every node must have the same number, for ever.</summary>
    public const int ProcessShards = 32;

    /// <summary>
    /// Shards of all other entities: enough for many nodes, with many small objects in each. Every node must have the
    /// same number, for ever.
    /// </summary>
    public const int ObjectShards = 128;

    private readonly IActorRef _objects;
    private readonly IActorRef _processes;
    private readonly Action? _rebalance;

    /// <summary>The way to the entities behind two regions.</summary>
    /// <param name="objects">The region of objects, or a test's stand-in.</param>
    /// <param name="processes">The region of processes, or a test's stand-in.</param>
    /// <param name="rebalance">Has the next round of a rebalance move all shards that it should.</param>
    internal Regions(IActorRef objects, IActorRef processes, Action? rebalance = null) =>
        (_objects, _processes, _rebalance) = (objects, processes, rebalance);

    /// <summary>Shards of objects on this node.</summary>
    internal IActorRef Objects => _objects;

    /// <summary>Shards of processes on this node.</summary>
    internal IActorRef Processes => _processes;

    /// <summary>If this node has the coordinator: the next round moves all shards that it should.</summary>
    internal void RebalanceNow() => _rebalance?.Invoke();

    /// <summary>This node asks where each shard is. A shard without a home gets one.</summary>
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
}
