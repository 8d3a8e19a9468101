using Akka.Actor;
using Akka.TestKit;
using Cluster.Actors.Entities;
using Cluster.Actors.Routing;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Entities;

/// <summary>Stands for the shard of one message queue, and for the rest of the cluster.</summary>
internal sealed class EntityHost
{
    private readonly TestKitBase _kit;
    private readonly EntityOptions _options;

    public EntityHost(TestKitBase kit, EntityOptions? options = null)
    {
        _kit = kit;
        _options = options ?? Options();
        var cluster = kit.Sys.ActorOf(FakeDirectory.Props());
        _options.Regions.SetResult(new Regions(cluster, cluster));
        Shard = kit.CreateTestProbe();
    }

    /// <summary>The queue.</summary>
    public static EntityKey Queue { get; } = new() { Kind = Kind.MessageQueue, Namespace = 1, Id = 0 };

    /// <summary>The parent of the entity.</summary>
    public TestProbe Shard { get; }

    /// <summary>The defaults of a node.</summary>
    public static EntityOptions Options() => new() { Gateway = "http://node:1", Stats = new NodeStats() };

    /// <summary>Starts the queue: from its journal, if it has one.</summary>
    public IActorRef Start() => Shard.ChildActorOf(EntityActor.Props(_options, Queue));

    /// <summary>Stops a session, and waits until all entities have heard of it.</summary>
    public async Task LoseAsync(IActorRef session)
    {
        _kit.Sys.Stop(session);
        await StoppedAsync(session);
        var told = _kit.CreateTestProbe();
        // The first answer may arrive while other entities have not heard of it yet. The second one arrives afterwards.
        for (var i = 0; i < 2; i++)
        {
            SessionWatch.Of(_kit.Sys).Add(session, told);
            await told.ExpectMsgAsync<SessionGone>();
        }
    }

    /// <summary>Waits until it has stopped.</summary>
    public async Task StoppedAsync(IActorRef entity)
    {
        var watcher = _kit.CreateTestProbe();
        await watcher.WatchAsync(entity);
        await watcher.ExpectTerminatedAsync(entity);
    }
}
