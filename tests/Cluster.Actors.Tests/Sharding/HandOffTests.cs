using System.Diagnostics;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Cluster.Actors.Routing;
using Cluster.Actors.Tests.Client;
using Cluster.Core.Namespaces;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Sharding;

/// <summary>
/// Calls while a shard moves. The test plays the coordinator, with Akka's own messages.
/// </summary>
public sealed class HandOffTests : IAsyncLifetime
{
    private readonly ClusterMember _node = new() { IsSeed = true };
    private readonly Channel<object> _heard = Channel.CreateUnbounded<object>();

    public Task InitializeAsync() => _node.InitializeAsync();

    public Task DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task The_client_sends_a_call_that_the_region_dropped_again()
    {
        await using var process = await _node.ConnectAsync();
        var queue = await process.MessageQueues.CreateAsync();
        var key = new EntityKey { Kind = Kind.MessageQueue, Namespace = Namespace.Root, Id = queue.Id };
        var (known, unknown) = (NewSession(), NewSession());
        var region = _node.Regions.Of(key);
        region.Tell(Stat(key, seq: 1, pid: 7), known);
        while ((await HearAsync()).Results_.Count == 0)
        {
            // The session may hear that the object moves, because the shard had no home before.
        }

        // If the region learns the home of the shard before the order to hand it off, the call is answered. Then
        // repeat.
        Results told;
        var pid = 7;
        do
        {
            region.Tell(Order("BeginHandOff", key), unknown);
            region.Tell(Stat(key, seq: 2, ++pid), unknown);
            region.Tell(Order("HandOff", key), unknown);

            // The entity tells only the processes that it knows, and it does not know this one.
            told = await HearAsync();
            while (told.Pid != pid) told = await HearAsync();
        }
        while (told.Results_.Count > 0);
        Assert.Equal((true, key), (told.Moved, told.From));
    }

    [Fact]
    public void A_shard_place_exists_for_each_shard()
    {
        var extractor = new EntityExtractor(Regions.ObjectShards);
        var shards = ShardPlace.InEach(Regions.ObjectShards)
            .Select(place => extractor.ShardId(new Request { To = place }));
        Assert.Equal(Regions.ObjectShards, shards.Distinct().Count());
    }

    [Theory]
    [InlineData(Regions.ObjectShards)]
    [InlineData(Regions.ProcessShards)]
    public async Task A_request_for_the_home_of_a_shard_starts_no_entity(int shards)
    {
        var region = shards == Regions.ObjectShards ? _node.Regions.Objects : _node.Regions.Processes;
        foreach (var place in ShardPlace.InEach(shards)) region.Tell(new Request { To = place });
        await HasShardsAsync(region, shards);
        Assert.Equal(0, _node.Entities);
    }

    [Fact]
    public async Task The_others_get_all_shards_of_the_leaving_oldest_node_without_a_call()
    {
        var second = await ClusterMember.JoinAsync(_node);
        try
        {
            await _node.LeaveAsync();
            await HasShardsAsync(second.Regions.Objects, Regions.ObjectShards);
            await HasShardsAsync(second.Regions.Processes, Regions.ProcessShards);
            Assert.Equal(0, second.Entities);
        }
        finally
        {
            await second.DisposeAsync();
        }
    }

    private static async Task HasShardsAsync(IActorRef region, int shards)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var stats = await region.Ask<ShardRegionStats>(GetShardRegionStats.Instance, ClusterMember.Patience);
            Assert.True(waited.Elapsed < ClusterMember.Patience, $"{stats.Stats.Count} of {shards} shards have a home");
            if (stats.Stats.Count < shards) continue;

            // The shard answers this question after it has dropped the earlier message.
            Assert.Equal(0, stats.Stats.Values.Sum());
            return;
        }
    }

    private IActorRef NewSession() => _node.System.ActorOf(Props.Create(() => new Ear(_heard.Writer)));

    private static Submit Stat(EntityKey key, ulong seq, int pid) => new()
    {
        To = key,
        Stamp =
            new Stamp { Pid = pid, Credentials = new Credentials(), Namespace = key.Namespace, Limits = new Limits() },
        Calls = { new Call { Seq = seq, Msgstat = new MsgStat() } },
    };

    private static object Order(string name, EntityKey key)
    {
        var type = typeof(ClusterSharding).Assembly.GetTypes().Single(type => type.Name == name);
        return Activator.CreateInstance(type, Regions.ShardOf(key))!;
    }

    private async Task<Results> HearAsync() =>
        (Results)await _heard.Reader.ReadAsync().AsTask().WaitAsync(ClusterMember.Patience);

    private sealed class Ear(ChannelWriter<object> heard) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Results or Request) heard.TryWrite(message);
        }
    }
}
