using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Cluster.Actors.Sharding;

/// <summary>
/// Each node gets its share of the shards: round after round within limits by itself (see hocon/node.conf), or all in
/// one round when somebody asks for it.
/// </summary>
/// <remarks>
/// Only the strategy on the node with the coordinator is ever asked for anything. Which node that is may change, so
/// every node is told that a rebalance is wanted, and forgets it soon. Which shards move is drawn by lot, so that a node
/// gets its share of the objects as well.
/// </remarks>
/// <param name="ordinary">The strategy with limits.</param>
/// <param name="time">What time it is.</param>
/// <param name="rounds">Told how many shards each round moves; 0: nothing moves, and nothing is to be moved.</param>
internal sealed class FairShares(IShardAllocationStrategy ordinary, TimeProvider time, Action<int>? rounds = null)
    : IActorSystemDependentAllocationStrategy
{
    /// <summary>The coordinator asks each second; a round under way may take some.</summary>
    private static readonly TimeSpan RememberedFor = TimeSpan.FromSeconds(5);

    private readonly IShardAllocationStrategy _atOnce =
        new SameJournal(ShardAllocationStrategy.LeastShardAllocationStrategy(int.MaxValue, 1.0));

    private long _askedAt;

    /// <summary>The next round is to move all that is to be moved.</summary>
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
        // A round under way makes room for no other: what was asked for waits.
        if (isAsked && rebalanceInProgress.Count == 0) Interlocked.CompareExchange(ref _askedAt, 0, askedAt);
        var strategy = isAsked ? _atOnce : ordinary;
        var round = await strategy.Rebalance(Mixed(currentShardAllocations), rebalanceInProgress).ConfigureAwait(false);
        if (round.Count > 0 || rebalanceInProgress.Count == 0) rounds?.Invoke(round.Count);
        return round;
    }

    // The strategy takes what has been there for longest. After a node has left, those are the shards that are in use:
    // the empty ones got their homes last (HomesBeforeLeave), and whoever comes back would have all objects.
    private static IImmutableDictionary<IActorRef, IImmutableList<string>> Mixed(
        IImmutableDictionary<IActorRef, IImmutableList<string>> allocations) =>
        allocations.ToImmutableDictionary(
            region => region.Key,
            region => (IImmutableList<string>)region.Value.OrderBy(_ => Random.Shared.Next()).ToImmutableList());
}
