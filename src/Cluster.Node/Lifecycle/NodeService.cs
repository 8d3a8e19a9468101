using System.Net;
using System.Net.Sockets;
using Akka;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Cluster.Actors;
using Cluster.Actors.Client;
using Cluster.Actors.Entities;
using Cluster.Actors.Journal;
using Cluster.Actors.Membership;
using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Operations;
using Cluster.Actors.Routing;
using Cluster.Actors.Sessions;
using Cluster.Actors.Sharding;
using Cluster.Client;
using Cluster.Core.Namespaces;
using Cluster.Node.Observing;
using Cluster.Node.Settings;
using Cluster.Node.Startup;
using Cluster.Protocol;

namespace Cluster.Node.Lifecycle;

/// <summary>The node's part of the cluster: its actor system, its entities, its sessions.</summary>
public sealed class NodeService(
    NodeOptions options, ActorSystem system, NodeStats stats, JournalMeter journal, TimeProvider time,
    ILoggerFactory logs)
{
    private readonly long _startedAt = time.GetTimestamp();
    private static readonly TimeSpan RehearsalPatience = TimeSpan.FromSeconds(15);

    /// <summary>Until a client whose session has ended here has one elsewhere, mostly.</summary>
    private static readonly TimeSpan ClientsMoveWithin = TimeSpan.FromMilliseconds(250);

    private readonly ILogger _log = logs.CreateLogger(OperatorLog.Category);
    private string _gateway = "";
    private volatile string _joins = "its journal does not answer";
    private volatile NodeHealth? _health;
    private volatile bool _isDrained;

    /// <summary>Opens sessions; null until the node is ready.</summary>
    public SessionOpener? SessionOpener { get; private set; }

    /// <summary>Answers operators; null until the node knows of a cluster.</summary>
    public ClusterOperations? Operations { get; private set; }

    /// <summary>Joins the cluster and waits until entities can be called.</summary>
    /// <param name="gateway">The address of this node's gateway, as clients reach it.</param>
    /// <param name="cancelled">Gives up.</param>
    public async Task StartAsync(string gateway, CancellationToken cancelled)
    {
        _gateway = gateway;
        system.ActorOf(ClusterWatch.Props(_log, stats, () => _joins), "cluster-watch");
        var quorum = new LeasedQuorum(() => BootClock.NowMs)
        {
            Changed = hasMajority =>
            {
                if (!hasMajority) stats.AddMajorityLoss();
                system.EventStream.Publish(new MajorityChanged(hasMajority));
            },
        };
        var entities = new EntityOptions
        {
            Gateway = gateway,
            Stats = stats,
            PassivateAfter = TimeSpan.FromSeconds(options.PassivateAfter),
            GroupCommit = !options.BenchmarkNoGroupCommit,
            Time = time,
            Quorum = quorum,
        };
        // The first entity would wait seconds for it, and a node without it is of no use to the others.
        // Nor would shards of processes that move here at once, whose first snapshot takes seconds on a busy machine.
        var snapshots = system.Settings.Config.GetString("akka.cluster.sharding.snapshot-plugin-id");
        await JournalReadiness.AskAsync(system, snapshots).WaitAsync(cancelled);
        _joins = options.Seeds.Length > 0
            ? $"it waits for {string.Join(", ", options.Seeds)} (a seed is named as its own --remote names it)"
            : "it starts a cluster of its own";
        // Before joining: members expect of each other that they keep the state of the shards.
        var regions = ShardRegions.Start(system, entities);
        var sessions = new Actors.Sessions.SessionOptions
        {
            Regions = regions,
            Pids = system.ActorOf(PidSource.Props(regions), "pids"),
            Gateway = gateway,
            Stats = stats,
            Time = time,
        };
        await StartPeerLinksAsync(quorum, cancelled);
        Operations = ClusterOperations.Start(system, new OperationsOptions
        {
            Regions = regions, Gateway = gateway, Stats = stats, Version = Version, UptimeMs = () => UptimeMs,
        });
        _health = new NodeHealth(system, regions, quorum);
        DrainWhenLeaving();
        await JoinAsync(cancelled);
        await WarmUpAsync(regions, cancelled);
        var opener = new SessionOpener(system, sessions);
        await RehearseAsync(new ActorTransport(opener, Stat), cancelled);
        SessionOpener = opener;
    }

    // The first session of a node takes seconds where the second takes milliseconds: code is compiled, shards and
    // journal connections are opened. Nobody should have to wait for that who was told that the node is ready.
    private static async Task RehearseAsync(ActorTransport transport, CancellationToken cancelled)
    {
        var options = new IpcClientOptions
        {
            ConnectTimeout = RehearsalPatience,
            AdmissionTimeout = RehearsalPatience,
            CloseTimeout = TimeSpan.FromSeconds(1),
        };
        try
        {
            await using var client = await IpcClient.ConnectAsync(transport, options, cancelled);
            await client.MessageQueues.InfoAsync(cancelled);
        }
        catch (IpcConnectException)
        {
            // The cluster is busy with itself. Clients come back as often as they have to.
        }
    }

    private async Task JoinAsync(CancellationToken cancelled)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        var seeds = options.Seeds.Select(seed => ParseSeed(seed, cluster.SelfAddress)).ToArray();
        if (seeds.Length == 0) await cluster.JoinAsync(cluster.SelfAddress, cancelled);
        else await cluster.JoinSeedNodesAsync(seeds, cancelled);
        if (await JournalRole.StrangerAsync(system) is not { } stranger) return;
        throw new StartException(
            $"journal: {JournalSettings.Describe(options)} is not the journal of the cluster of "
            + $"{ClusterOperations.HostPort(stranger.Address)}: its objects would be lost here. All nodes of a cluster "
            + "share one: give this one theirs, with --journal");
    }

    private async Task StartPeerLinksAsync(LeasedQuorum quorum, CancellationToken cancelled)
    {
        var bind = await BindAsync(cancelled);
        try
        {
            await NodeMembership.StartAsync(system, new MembershipOptions
            {
                Bind = bind, AnnouncedPort = options.LinePort, Quorum = quorum,
            });
        }
        catch (SocketException exception)
        {
            throw Ports.Refusal("line-port", $"{bind}", exception);
        }
    }

    private async Task<IPEndPoint> BindAsync(CancellationToken cancelled)
    {
        HostPort.TryParse(options.RemoteListen, out var bind);
        // All addresses of the machine are none that a name service knows.
        if (!IPAddress.TryParse(bind.Host, out var address))
            address = (await Dns.GetHostAddressesAsync(bind.Host, cancelled))[0];
        return new IPEndPoint(address, options.LinePort);
    }

    /// <summary>What a client is told that comes before the node is ready, or after.</summary>
    internal const string NotReady = "the node is starting or ending: try again";

    /// <summary>The transport for a service that runs in this node's process.</summary>
    public ActorTransport Transport => new(
        SessionOpener ?? throw new InvalidOperationException("the node is not ready"), Stat);

    /// <summary>Ends all sessions: their clients go elsewhere, or come back when the node does.</summary>
    public void Drain()
    {
        if (!_isDrained) _log.NodeDrains();
        _isDrained = true;
        SessionOpener = null;
        system.ActorSelection("/user/session-*").Tell(NodeStopping.Instance);
        system.ActorSelection("/user/tracer-*").Tell(NodeStopping.Instance);
    }

    /// <summary>The cluster as this node sees it; null until it knows of one.</summary>
    internal ClusterEvent.CurrentClusterState? Members =>
        Operations is null ? null : Akka.Cluster.Cluster.Get(system).State;

    /// <summary>What it takes to serve calls, and what of it is not as it has to be.</summary>
    public async Task<IReadOnlyList<HealthCheck>> CheckAsync(CancellationToken cancelled)
    {
        var reason = _isDrained ? "the node stops" : SessionOpener is null ? "the node is starting" : null;
        var sessions = new HealthCheck("sessions", reason);
        return _health is { } health ? [sessions, .. await health.AskAsync(cancelled)] : [sessions];
    }

    /// <summary>What the node says about itself.</summary>
    public NodeStatReply Stat() => new()
    {
        Node = _gateway,
        Version = Version,
        UptimeMs = UptimeMs,
        Journal = JournalSettings.Describe(options),
        Sessions = stats.Sessions,
        Entities = stats.Entities,
        Calls = stats.Calls,
        Results = stats.Results,
        Parked = stats.Parked,
        JournalRows = journal.Rows,
        JournalBytes = journal.Bytes,
        JournalCommits = journal.Commits,
        JournalCommitUs = journal.MedianCommitUs,
    };

    internal static string Version => typeof(NodeService).Assembly.GetName().Version?.ToString(3) ?? "";

    private long UptimeMs => (long)time.GetElapsedTime(_startedAt).TotalMilliseconds;

    // Told by another node to leave, this one has no signal that stops the host: its clients go elsewhere all the same
    // before its objects do. The host stops when the actor system has. That the objects stay until the clients are
    // there makes of two waits, one for a process and one for an object, the longer one.
    private void DrainWhenLeaving() => CoordinatedShutdown.Get(system).AddTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind, "drain-sessions", async () =>
        {
            var hasClients = stats.Sessions > 0;
            Drain();
            if (hasClients) await Task.Delay(ClientsMoveWithin, time);
            return Done.Instance;
        });

    // Ready means that an entity answers out of its journal. Asked again until it does: a shard region may drop what it
    // is sent before the cluster has settled.
    private static async Task WarmUpAsync(Regions regions, CancellationToken cancelled)
    {
        var root = new EntityKey { Kind = Kind.Namespace, Namespace = Namespace.Root };
        while (true)
        {
            var request = new Request { To = root, SubscribeLimits = new SubscribeLimits() };
            try
            {
                await regions.Of(root).Ask<Reply>(request, TimeSpan.FromSeconds(1), cancelled);
                return;
            }
            catch (AskTimeoutException)
            {
                cancelled.ThrowIfCancellationRequested();
            }
        }
    }

    private static Address ParseSeed(string seed, Address self)
    {
        HostPort.TryParse(seed, out var parsed);
        return new Address(self.Protocol, self.System, parsed.Host, parsed.Port);
    }
}
