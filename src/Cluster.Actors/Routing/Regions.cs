using Akka.Actor;
using Cluster.Protocol;

namespace Cluster.Actors.Routing;

/// <summary>The way to every entity of the cluster.</summary>
/// <remarks>
/// There are two types of shards: processes, and all other entities. The shards of processes remember their entities
/// and restart them after a crash, so that the leases of dead processes run out. All other entities restart when a
/// message for them arrives.
/// </remarks>
public sealed class Regions
{
    /// <summary>The number of shards of processes. It must be the same on every node and must never change.</summary>
    public const int ProcessShards = 32;

    /// <summary>
    /// The number of shards of all other entities: enough for many nodes. It must be the same on every node and must
    /// never change.
    /// </summary>
    public const int ObjectShards = 128;

    private readonly IActorRef _objects;
    private readonly IActorRef _processes;
    private readonly Action? _rebalance;

    /// <summary>Combines two regions.</summary>
    /// <param name="objects">The region of objects, or a test's stand-in.</param>
    /// <param name="processes">The region of processes, or a test's stand-in.</param>
    /// <param name="rebalance">Has the next round of a rebalance move all shards that should move.</param>
    internal Regions(IActorRef objects, IActorRef processes, Action? rebalance = null) =>
        (_objects, _processes, _rebalance) = (objects, processes, rebalance);

    /// <summary>The region of objects on this node.</summary>
    internal IActorRef Objects => _objects;

    /// <summary>The region of processes on this node.</summary>
    internal IActorRef Processes => _processes;

    /// <summary>If this node has the shard coordinator, its next round moves all shards that should move.</summary>
    internal void RebalanceNow() => _rebalance?.Invoke();

    /// <summary>Asks the coordinator for the home of each shard. A shard without a home gets one.</summary>
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
