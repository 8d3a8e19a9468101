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
using Cluster.Actors.Time;
using Cluster.Client;
using Cluster.Core.Namespaces;
using Cluster.Node.Observing;
using Cluster.Node.Record;
using Cluster.Node.Settings;
using Cluster.Node.Startup;
using Cluster.Protocol;

namespace Cluster.Node.Lifecycle;

/// <summary>Joins the cluster, starts entities and sessions, and drains them at the end.</summary>
public sealed class NodeService(
    NodeOptions options, ActorSystem system, NodeStats stats, JournalMeter journal, TimeProvider time,
    ILoggerFactory logs) : IAsyncDisposable
{
    private readonly long _startedAt = time.GetTimestamp();
    private static readonly TimeSpan RehearsalPatience = TimeSpan.FromSeconds(15);

    /// <summary>Most clients whose session has ended here have one on another node after this time.</summary>
    private static readonly TimeSpan ClientsMoveWithin = TimeSpan.FromMilliseconds(250);

    private readonly ILogger _log = logs.CreateLogger(OperatorLog.Category);
    private readonly Gateways _gateways = new();
    private string _gateway = "";
    private volatile string _joins = "its journal does not answer";
    private volatile NodeHealth? _health;
    private volatile bool _isDrained;
    private ClusterKeeper? _keeper;

    /// <summary>A node that is not a member yet looks for the nodes that it can join, so often.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(2);

    /// <summary>Opens sessions; null: the node is not ready, or ends.</summary>
    public SessionOpener? SessionOpener { get; private set; }

    /// <summary>Answers operators; null: the node has not started to join a cluster.</summary>
    public ClusterOperations? Operations { get; private set; }

    /// <summary>Joins the cluster and waits until entities can be called.</summary>
    /// <param name="gateway">The address of this node's gateway, as clients reach it.</param>
    /// <param name="cancelled">Aborts the start.</param>
    public async Task StartAsync(string gateway, CancellationToken cancelled)
    {
        _gateway = gateway;
        system.ActorOf(ClusterWatch.Props(_log, stats, Joins), "cluster-watch");
        var quorum = new LeasedQuorum(() => BootClock.NowMs)
        {
            Changed = hasMajority =>
            {
                if (!hasMajority) stats.AddMajorityLoss();
                system.EventStream.Publish(new MajorityChanged(hasMajority));
            },
        };
        var (clock, epoch) = (new ClusterClock(), new ClusterEpoch());
        var entities = new EntityOptions
        {
            Gateway = gateway,
            Stats = stats,
            PassivateAfter = TimeSpan.FromSeconds(options.PassivateAfter),
            GroupCommit = !options.BenchmarkNoGroupCommit,
            Time = time,
            Clock = clock,
            Quorum = quorum,
        };
        // Join only when journal and snapshot store answer. Otherwise the first entities, and shards of processes that
        // move here at once, would wait seconds for them on a busy machine.
        var snapshots = system.Settings.Config.GetString("akka.cluster.sharding.snapshot-plugin-id");
        await JournalReadiness.AskAsync(system, snapshots).WaitAsync(cancelled);
        _keeper = new ClusterKeeper(
            system, ClusterRecords.Of(options), quorum, clock, epoch, time, _log);
        _joins = "the record of the cluster in its journal cannot be read";
        await _keeper.BeginAsync(cancelled);
        // Start the regions before joining: each member expects the others to have them.
        var regions = ShardRegions.Start(system, entities);
        var sessions = new Actors.Sessions.SessionOptions
        {
            Regions = regions,
            Pids = system.ActorOf(PidSource.Props(regions), "pids"),
            Gateway = gateway,
            Gateways = _gateways,
            Stats = stats,
            Unread = new Actors.Sessions.UnreadOfNode(stats, time),
            Time = time,
        };
        await StartPeerLinksAsync(quorum, clock, epoch, cancelled);
        Operations = ClusterOperations.Start(system, new OperationsOptions
        {
            Regions = regions, Gateway = gateway, Stats = stats, Version = Version, UptimeMs = () => UptimeMs,
        });
        HomesBeforeLeave.AddTo(system);
        _health = new NodeHealth(system, regions, quorum);
        DrainWhenLeaving();
        await JoinAsync(_keeper, cancelled);
        _keeper.Start();
        await WarmUpAsync(regions, cancelled);
        var opener = new SessionOpener(system, sessions);
        await RehearseAsync(new ActorTransport(opener, Stat), cancelled);
        SessionOpener = opener;
        _gateways.Announce(gateway, system);
    }

    // A node that a seed has taken in becomes a member when every member has seen it.
    private string Joins()
    {
        var state = Akka.Cluster.Cluster.Get(system).State;
        var self = Akka.Cluster.Cluster.Get(system).SelfMember;
        var isTaken = self.Status is MemberStatus.Joining or MemberStatus.WeaklyUp;
        if (!isTaken || state.Members.Count <= 1) return _joins;
        var away = state.Unreachable.Select(member => ClusterOperations.HostPort(member.Address)).Order().ToList();
        return "a seed has taken it in, and not every member has seen it yet"
            + (away.Count > 0 ? $": {string.Join(", ", away)} cannot be reached" : "");
    }

    // The first session of a node takes seconds and the second takes milliseconds: code is compiled, shards and journal
    // connections are opened. So the node opens and closes a session before it reports that it is ready.
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
            // The cluster is busy. Clients repeat their attempts until they succeed.
        }
    }

    private async Task JoinAsync(ClusterKeeper keeper, CancellationToken cancelled)
    {
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Akka.Cluster.Cluster.Get(system).RegisterOnMemberUp(() => up.TrySetResult());
        Address[]? asked = [];
        while (!up.Task.IsCompleted)
        {
            if (asked is not null) asked = await TryJoinAsync(keeper, asked, cancelled);
            await Task.WhenAny(up.Task, system.WhenTerminated, Task.Delay(LookAgainAfter, time, cancelled));
            cancelled.ThrowIfCancellationRequested();
            if (system.WhenTerminated.IsCompleted) throw new OperationCanceledException("the node ends");
        }

        if (await JournalRole.StrangerAsync(system) is not { } stranger) return;
        throw new StartException(
            $"journal: {JournalSettings.Describe(options)} is not the journal of the cluster of "
            + $"{ClusterOperations.HostPort(stranger.Address)}: its objects would be lost here. All nodes of a cluster "
            + "share one: give this one theirs, with --journal");
    }

    private async Task StartPeerLinksAsync(
        LeasedQuorum quorum, ClusterClock clock, ClusterEpoch epoch, CancellationToken cancelled)
    {
        var bind = await BindAsync(cancelled);
        try
        {
            await NodeMembership.StartAsync(system, new MembershipOptions
            {
                Bind = bind, AnnouncedPort = options.LinePort, Quorum = quorum, Clock = clock, Epoch = epoch,
                Gateways = _gateways, Authenticates = options.HasNodeTls,
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
        // A wildcard address (0.0.0.0, ::) cannot be looked up by name, so parse an address first.
        if (!IPAddress.TryParse(bind.Host, out var address))
            address = (await Dns.GetHostAddressesAsync(bind.Host, cancelled))[0];
        return new IPEndPoint(address, options.LinePort);
    }

    /// <summary>The answer to a client that connects before the node is ready or while it ends.</summary>
    internal const string NotReady = "the node is starting or ending: try again";

    /// <summary>The transport for a service in the same OS process.</summary>
    public ActorTransport Transport => new(
        SessionOpener ?? throw new InvalidOperationException("the node is not ready"), Stat);

    /// <summary>Ends all sessions. Their clients move to other nodes, or reconnect when this node is back.</summary>
    public void Drain()
    {
        if (!_isDrained) _log.NodeDrains();
        _isDrained = true;
        var opener = SessionOpener;
        SessionOpener = null;
        _gateways.Announce("", system);
        system.ActorSelection("/user/session-*").Tell(NodeStopping.Instance);
        system.ActorSelection("/user/tracer-*").Tell(NodeStopping.Instance);
        opener?.ReturnLimits();
    }

    /// <summary>The cluster as this node sees it; null: the node has not started to join one.</summary>
    internal ClusterEvent.CurrentClusterState? Members =>
        Operations is null ? null : Akka.Cluster.Cluster.Get(system).State;

    /// <summary>Checks each condition for serving calls.</summary>
    public async Task<IReadOnlyList<HealthCheck>> CheckAsync(CancellationToken cancelled)
    {
        var reason = _isDrained ? "the node stops" : SessionOpener is null ? "the node is starting" : null;
        var sessions = new HealthCheck("sessions", reason);
        return _health is { } health ? [sessions, .. await health.AskAsync(cancelled)] : [sessions];
    }

    /// <summary>The figures of this node.</summary>
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

    // When another node tells this one to leave, no signal stops the host, and the host stops only after the actor
    // system. So drain here: the clients have to move before the objects do. Objects stay until the clients have moved,
    // so a client waits once for the slower of the two moves, not for both in turn.
    private void DrainWhenLeaving() => CoordinatedShutdown.Get(system).AddTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind, "drain-sessions", async () =>
        {
            var hasClients = stats.Sessions > 0;
            Drain();
            if (hasClients) await Task.Delay(ClientsMoveWithin, time);
            return Done.Instance;
        });

    // The node is ready when an entity has recovered from the journal and answers. The question is repeated, because a
    // shard region may drop messages before the cluster has settled.
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

    // A node forms a cluster if it is the first of its seeds, or has none, and no member of another cluster over this
    // journal lives. Otherwise it joins: its seeds, or the members of that cluster. Returns the nodes that it has asked;
    // null: it has formed a cluster.
    private async Task<Address[]?> TryJoinAsync(ClusterKeeper keeper, Address[] asked, CancellationToken cancelled)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        var self = cluster.SelfAddress;
        var seeds = options.Seeds.Select(seed => ParseSeed(seed, self)).ToArray();
        var mayForm = seeds.Length == 0 || seeds[0] == self;
        var members = mayForm ? await keeper.TryFormAsync(cancelled) : await keeper.MembersAsync(cancelled);
        if (members is null)
        {
            _joins = "it starts a cluster of its own";
            if (seeds.Length == 0) cluster.Join(self);
            else cluster.JoinSeedNodes(seeds);
            return null;
        }

        var others = seeds.Concat(members.Select(member => ParseSeed(member, self))).Distinct()
            .Where(each => each != self).ToArray();
        var names = string.Join(", ", others.Select(ClusterOperations.HostPort));
        _joins = keeper.Problem is { } problem
            ? $"the record of the cluster in its journal cannot be read: {problem}"
            : mayForm
            ? $"a cluster uses this journal and lives ({names}): it waits for its nodes"
            : $"it waits for {names} as {options.Remote}. A seed is named as its own --remote names it, and it has to reach "
                + "--remote of this node. Look at --seed-nodes, --remote, --remote-bind and --line-port on both sides, at "
                + "firewalls, and whether all nodes have the same --journal";
        // To ask again would begin a join that is under way anew, and on a busy machine it would never end.
        if (others.Length > 0 && !others.SequenceEqual(asked)) cluster.JoinSeedNodes(others);
        return others;
    }

    /// <summary>Releases the lock on the journal's record.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_keeper is { } keeper) await keeper.DisposeAsync();
    }

    private static Address ParseSeed(string seed, Address self)
    {
        HostPort.TryParse(seed, out var parsed);
        return new Address(self.Protocol, self.System, parsed.Host, parsed.Port);
    }
}
