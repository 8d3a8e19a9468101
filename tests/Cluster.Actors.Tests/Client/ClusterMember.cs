using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Persistence.Sql;
using Cluster.Actors.Client;
using Cluster.Actors.Entities;
using Cluster.Actors.Journal;
using Cluster.Actors.Operations;
using Cluster.Actors.Routing;
using Cluster.Actors.Sessions;
using Cluster.Actors.Sharding;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Client;

/// <summary>
/// A node of one with the settings that are shipped, in this process; it serializes all that actors say.
/// </summary>
public sealed class ClusterMember : IAsyncLifetime
{
    /// <summary>Long enough for a busy machine; no test waits for it to pass.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private const string Settings = """
        akka.loglevel = WARNING
        akka.stdout-loglevel = OFF
        akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
        # No node here dies, and on a busy machine each may be silent for a while.
        akka.cluster.failure-detector.acceptable-heartbeat-pause = 120s
        akka.cluster.sharding.snapshot-plugin-id = akka.persistence.no-snapshot-store
        akka.persistence.snapshot-store.plugin = akka.persistence.no-snapshot-store
        """;

    private const string SerializeAll = """
        akka.actor {
          serialize-messages = on
          serialize-creators = off
          serializers.fallback = "Cluster.Actors.Tests.Client.FallbackSerializer, Cluster.Actors.Tests"
          serialization-bindings { "System.Object" = fallback }
        }

        """;

    private string _folder = "";
    private ClusterMember? _seed;
    private readonly NodeStats _stats = new();
    private SessionOpener _opener = null!;

    /// <summary>How long an operator waits for the figures of a node.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether more nodes join. If not, all messages are serialized to test the serializers.</summary>
    public bool IsSeed { get; init; }

    /// <summary>Counters of this node.</summary>
    public NodeStats Stats => _stats;

    /// <summary>Entities in the memory of this node.</summary>
    public long Entities => _stats.Entities;

    /// <summary>The node.</summary>
    public ActorSystem System { get; private set; } = null!;

    /// <summary>The operations of this node.</summary>
    public ClusterOperations Operations { get; private set; } = null!;

    /// <summary>The way from this node to all entities.</summary>
    internal Regions Regions { get; private set; } = null!;

    /// <summary>A process of a service on this node.</summary>
    public Task<IpcClient> ConnectAsync(uint uid = 0) => IpcClient.ConnectAsync(
        new ActorTransport(_opener, () => new NodeStatReply { Sessions = _stats.Sessions }),
        new IpcClientOptions
        {
            Uid = uid, Gid = uid, ConnectTimeout = Patience, AdmissionTimeout = Patience, CloseTimeout = Patience,
            Lease = Patience,
        });

    /// <summary>One more node, with the same journal.</summary>
    public static async Task<ClusterMember> JoinAsync(ClusterMember seed)
    {
        var member = new ClusterMember { _seed = seed, IsSeed = true };
        await member.InitializeAsync();
        return member;
    }

    /// <summary>Leaves the cluster: the objects of the node move to other nodes.</summary>
    public Task LeaveAsync() => CoordinatedShutdown.Get(System)
        .Run(CoordinatedShutdown.ClusterLeavingReason.Instance).WaitAsync(Patience);

    public async Task InitializeAsync()
    {
        _folder = _seed?._folder ?? Directory.CreateTempSubdirectory("transport-").FullName;
        var node = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hocon", "node.conf"));
        var settings = IsSeed ? Settings : Settings + "\n" + SerializeAll;
        System = ActorSystem.Create("ipc", ConfigurationFactory.ParseString(settings)
            .WithFallback(ConfigurationFactory.ParseString(node))
            .WithFallback(GroupCommitJournalConfig.OfNode("", typeof(Cluster.Actors.Routing.ShardGroups)))
            .WithFallback(GroupCommitJournalConfig.Sqlite(Path.Combine(_folder, "journal.db")))
            .WithFallback(SqlPersistence.DefaultConfiguration)
            .WithFallback(ClusterSharding.DefaultConfig()));
        var cluster = Akka.Cluster.Cluster.Get(System);
        var seed = _seed is null ? cluster : Akka.Cluster.Cluster.Get(_seed.System);
        await cluster.JoinAsync(seed.SelfAddress).WaitAsync(Patience);
        const string gateway = "http://node:1";
        Regions = ShardRegions.Start(System, new EntityOptions { Gateway = gateway, Stats = _stats });
        Operations = ClusterOperations.Start(System, new OperationsOptions
        {
            Regions = Regions, Gateway = gateway, Stats = _stats, AnswerWithin = AnswerWithin,
        });
        HomesBeforeLeave.AddTo(System);
        _opener = new SessionOpener(System, new SessionOptions
        {
            Regions = Regions,
            Pids = System.ActorOf(PidSource.Props(Regions)),
            Gateway = gateway,
            Stats = _stats,
        });
    }

    public async Task DisposeAsync()
    {
        await System.Terminate();
        if (_seed is null) Directory.Delete(_folder, recursive: true);
    }
}
