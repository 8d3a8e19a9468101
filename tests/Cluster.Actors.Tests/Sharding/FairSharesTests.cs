using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit.Xunit2;
using Cluster.Actors.Sharding;
using Cluster.Actors.Routing;

namespace Cluster.Actors.Tests.Sharding;

/// <summary>Which shards a node gets that joins.</summary>
public sealed class FairSharesTests : TestKit
{
    private const int Shards = 64;
    private const int InUse = 16;
    private const int Share = 21;
    private const int Rounds = 50;

    // The empty shards are last on each node, as after a third node has left.
    [Fact]
    public async Task A_joining_node_gets_a_share_of_the_shards_in_use()
    {
        var before = Enumerable.Range(0, 2).ToImmutableDictionary(_ => (IActorRef)CreateTestProbe().Ref, Names);
        var inUse = before.Values.SelectMany(shards => shards.Take(InUse)).ToHashSet();
        var shares = new FairShares(new FromTheFront(), TimeProvider.System);
        var moved = 0;
        for (var round = 0; round < Rounds; round++)
            moved += (await shares.Rebalance(before, ImmutableHashSet<string>.Empty)).Count(inUse.Contains);
        // A quarter of the shards is in use. With so many draws the part is this near to a quarter, except once in
        // millions.
        Assert.InRange(moved / (2.0 * Share * Rounds), 0.20, 0.30);
    }

    private static IImmutableList<string> Names(int node) =>
        [.. Enumerable.Range(node * Shards, Shards).Select(shard => shard.ToString(CultureInfo.InvariantCulture))];

    /// <summary>A strategy that takes a number of shards from each node, like Akka's.</summary>
    private sealed class FromTheFront : IShardAllocationStrategy
    {
        public Task<IActorRef> AllocateShard(
            IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> shards) =>
            throw new NotSupportedException();

        public Task<IImmutableSet<string>> Rebalance(
            IImmutableDictionary<IActorRef, IImmutableList<string>> shards, IImmutableSet<string> underWay) =>
            Task.FromResult<IImmutableSet<string>>(
                shards.Values.SelectMany(has => has.Take(Share)).ToImmutableHashSet());
    }
}
