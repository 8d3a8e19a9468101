using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Cluster.Actors.Membership;

namespace Cluster.Actors.Sharding;

/// <summary>
/// Gives shards only to nodes that write to this node's journal. A node with another journal would start every object
/// with an empty state. Such a node ends as soon as it finds out (<see cref="JournalRole.StrangerAsync"/>), and must
/// not get a shard until then.
/// </summary>
/// <param name="inner">The strategy for the remaining nodes.</param>
/// <param name="mayHost">
/// Whether a region's node has the same journal; null: decided by the roles of the members.
/// </param>
internal sealed class SameJournal(IShardAllocationStrategy inner, Func<IActorRef, bool>? mayHost = null)
    : IActorSystemDependentAllocationStrategy
{
    private Func<IActorRef, bool> _mayHost = mayHost ?? (_ => true);

    public void Start(ActorSystem system)
    {
        (inner as IActorSystemDependentAllocationStrategy)?.Start(system);
        if (mayHost is not null) return;
        var cluster = Akka.Cluster.Cluster.Get(system);
        _mayHost = region => region.Path.Address.HasLocalScope || cluster.State.Members.Any(member =>
            member.Address.Equals(region.Path.Address) && !JournalRole.Differ(cluster.SelfRoles, member.Roles));
    }

    public Task<IActorRef> AllocateShard(
        IActorRef requester,
        string shardId,
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations) =>
        inner.AllocateShard(requester, shardId, Ours(currentShardAllocations));

    public Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations,
        IImmutableSet<string> rebalanceInProgress) =>
        inner.Rebalance(Ours(currentShardAllocations), rebalanceInProgress);

    private IImmutableDictionary<IActorRef, IImmutableList<string>> Ours(
        IImmutableDictionary<IActorRef, IImmutableList<string>> all)
    {
        var strangers = all.Keys.Where(region => !_mayHost(region)).ToArray();
        return strangers.Length == 0 || strangers.Length == all.Count ? all : all.RemoveRange(strangers);
    }
}
