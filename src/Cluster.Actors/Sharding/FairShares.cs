using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Cluster.Actors.Sharding;

/// <summary>
/// Gives each node its share of the shards: in many limited rounds by itself (see hocon/node.conf), or in a single
/// round when an operator orders it.
/// </summary>
/// <remarks>
/// Only the node with the shard coordinator uses its strategy. That node may change, so every node is told of the order
/// and drops it soon. The moving shards are chosen at random, so that a node also gets its share of the objects.
/// </remarks>
/// <param name="ordinary">The strategy with limited rounds.</param>
/// <param name="time">The clock.</param>
/// <param name="rounds">Called with the number of shards that each round moves; 0: the shards are balanced.</param>
internal sealed class FairShares(IShardAllocationStrategy ordinary, TimeProvider time, Action<int>? rounds = null)
    : IActorSystemDependentAllocationStrategy
{
    /// <summary>The coordinator asks each second, and a round under way may take a few.</summary>
    private static readonly TimeSpan RememberedFor = TimeSpan.FromSeconds(5);

    private readonly IShardAllocationStrategy _atOnce =
        new SameJournal(ShardAllocationStrategy.LeastShardAllocationStrategy(int.MaxValue, 1.0));

    private long _askedAt;

    /// <summary>Has the next round move all shards that should move.</summary>
    public void Ask() => Volatile.Write(ref _askedAt, time.GetTimestamp());

    public void Start(ActorSystem system)
    {
        foreach (var strategy in new[] { ordinary, _atOnce })
            (strategy as IActorSystemDependentAllocationStrategy)?.Start(system);
    }

    public Task<IActorRef> AllocateShard(
        IActorRef requester,
        string shardId,
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations) =>
        ordinary.AllocateShard(requester, shardId, currentShardAllocations);

    public async Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations,
        IImmutableSet<string> rebalanceInProgress)
    {
        var askedAt = Volatile.Read(ref _askedAt);
        var isAsked = askedAt != 0 && time.GetElapsedTime(askedAt) < RememberedFor;
        // Only one round runs at a time: keep the order until the round under way has ended.
        if (isAsked && rebalanceInProgress.Count == 0) Interlocked.CompareExchange(ref _askedAt, 0, askedAt);
        var strategy = isAsked ? _atOnce : ordinary;
        var round = await strategy.Rebalance(Mixed(currentShardAllocations), rebalanceInProgress).ConfigureAwait(false);
        if (round.Count > 0 || rebalanceInProgress.Count == 0) rounds?.Invoke(round.Count);
        return round;
    }

    // The strategy moves the shards that a region has had for longest. After a node has left, those are the shards in
    // use, because the empty ones got their homes last (HomesBeforeLeave): the returning node would get all objects.
    private static IImmutableDictionary<IActorRef, IImmutableList<string>> Mixed(
        IImmutableDictionary<IActorRef, IImmutableList<string>> allocations) =>
        allocations.ToImmutableDictionary(
            region => region.Key,
            region => (IImmutableList<string>)region.Value.OrderBy(_ => Random.Shared.Next()).ToImmutableList());
}
