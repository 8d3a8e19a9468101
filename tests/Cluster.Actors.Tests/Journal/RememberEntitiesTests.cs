using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using Cluster.Actors.Journal;

namespace Cluster.Actors.Tests.Journal;

/// <summary>The events in which cluster sharding remembers its entities go through the journal too.</summary>
public sealed class RememberEntitiesTests : JournalSpec
{
    private const string ClusterOfOne = $$"""
        akka.actor.provider = cluster
        akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
        akka.cluster.sharding {
          state-store-mode = ddata
          remember-entities = on
          remember-entities-store = eventsourced
          journal-plugin-id = "{{GroupCommitJournalConfig.PluginId}}"
          snapshot-plugin-id = akka.persistence.no-snapshot-store
          distributed-data.durable.keys = []
        }

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("journal-sharding-").FullName;

    protected override Config JournalConfig => GroupCommitJournalConfig.Sqlite(Path.Combine(_folder, "journal.db"))
        .WithFallback(ClusterSharding.DefaultConfig());

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_remembered_entity_starts_again_after_a_restart()
    {
        var first = StartNode(ClusterOfOne);
        (await StartShardingAsync(first)).Tell("e1", first.TestActor);
        await first.ExpectMsgAsync("started e1", Patience);
        await StopNodeAsync(first);

        var second = StartNode(ClusterOfOne);
        var region = await StartShardingAsync(second);
        // A message to another entity of the shard starts the shard.
        region.Tell("e2", second.TestActor);
        var started = new[]
        {
            await second.ExpectMsgAsync<string>(Patience),
            await second.ExpectMsgAsync<string>(Patience),
        };
        Assert.Equal(["started e1", "started e2"], started.Order());
    }

    private static Task<IActorRef> StartShardingAsync(TestKit node)
    {
        var cluster = Akka.Cluster.Cluster.Get(node.Sys);
        cluster.Join(cluster.SelfAddress);
        var watcher = node.TestActor;
        return ClusterSharding.Get(node.Sys).StartAsync(
            "thing",
            id => Props.Create(typeof(Entity), id, watcher),
            ClusterShardingSettings.Create(node.Sys),
            HashCodeMessageExtractor.Create(1, message => (string)message));
    }

    private sealed class Entity : UntypedActor
    {
        public Entity(string id, IActorRef watcher) => watcher.Tell($"started {id}");

        protected override void OnReceive(object message)
        {
        }
    }
}
