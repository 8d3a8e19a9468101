using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit.Xunit2;
using Cluster.Actors.Sharding;
using Cluster.Actors.Routing;

namespace Cluster.Actors.Tests.Sharding;

/// <summary>A node with another journal gets no shard, however few it has.</summary>
public sealed class SameJournalTests : TestKit
{
    private readonly IActorRef _ours;
    private readonly IActorRef _strangers;
    private readonly IImmutableDictionary<IActorRef, IImmutableList<string>> _shards;

    public SameJournalTests()
    {
        _ours = CreateTestProbe("ours").Ref;
        _strangers = CreateTestProbe("strangers").Ref;
        _shards = ImmutableDictionary<IActorRef, IImmutableList<string>>.Empty
            .Add(_ours, ImmutableList.CreateRange(Enumerable.Range(0, 12).Select(shard => $"{shard}")))
            .Add(_strangers, ImmutableList<string>.Empty);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Shards_stay_where_their_journal_is(bool isStranger)
    {
        var strategy = new SameJournal(new Fewest(), region => !isStranger || region.Equals(_ours));
        Assert.Equal(isStranger ? _ours : _strangers, await strategy.AllocateShard(_ours, "12", _shards));
        var round = await strategy.Rebalance(_shards, ImmutableHashSet<string>.Empty);
        Assert.Equal(isStranger ? 0 : 12, round.Count);
    }

    /// <summary>
    /// A strategy: the region with the fewest shards gets the next one, and all shards if it has none.
    /// </summary>
    private sealed class Fewest : IShardAllocationStrategy
    {
        public Task<IActorRef> AllocateShard(
            IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> shards) =>
            Task.FromResult(shards.MinBy(region => region.Value.Count).Key);

        public Task<IImmutableSet<string>> Rebalance(
            IImmutableDictionary<IActorRef, IImmutableList<string>> shards, IImmutableSet<string> underWay) =>
            Task.FromResult<IImmutableSet<string>>(shards.Values.Any(has => has.Count == 0)
                ? shards.Values.SelectMany(has => has).ToImmutableHashSet()
                : ImmutableHashSet<string>.Empty);
    }
}
