using Akka.Actor;
using Akka.Cluster.Sharding;
using Cluster.Protocol;

namespace Cluster.Actors.Operations;

/// <summary>
/// Collects the figures of this node for one asker, without the figures of shards that do not answer in time.
/// </summary>
internal sealed class FiguresActor : UntypedActor, IWithTimers
{
    private readonly OperationsOptions _options;
    private readonly IActorRef _asker;
    private readonly NodeFigures _figures;

    public FiguresActor(OperationsOptions options, IActorRef asker)
    {
        (_options, _asker) = (options, asker);
        _figures = new NodeFigures
        {
            Gateway = options.Gateway,
            Version = options.Version,
            UptimeMs = options.UptimeMs(),
            Sessions = options.Stats.Sessions,
            Parked = options.Stats.Parked,
        };
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(OperationsOptions options, IActorRef asker) =>
        Akka.Actor.Props.Create(() => new FiguresActor(options, asker));

    protected override void PreStart()
    {
        _figures.Suspects.Add(Suspects());
        // Leave time for the answer to travel.
        var within = _options.AnswerWithin * 0.7;
        Timers.StartSingleTimer(Late.Instance, Late.Instance, within);
        Count(_options.Regions.Objects, within, stats => _figures.Objects = stats);
        Count(_options.Regions.Processes, within, stats => _figures.Processes = stats);
    }

    protected override void OnReceive(object message)
    {
        if (message is Counted counted) counted.Keep(Of(counted.Stats));
        else if (message is not Late) return;
        if (message is not Late && (_figures.Objects is null || _figures.Processes is null)) return;
        _asker.Tell(_figures);
        Context.Stop(Self);
    }

    // Ask instead of Tell: the answers of the regions do not name their region. A missing answer leaves a figure out.
    private void Count(IActorRef region, TimeSpan within, Action<ShardFigures> keep) =>
        region.Ask<ShardRegionStats>(GetShardRegionStats.Instance, within)
            .PipeTo(Self, success: stats => new Counted(stats, keep));

    private static ShardFigures Of(ShardRegionStats stats) => new()
    {
        Shards = stats.Stats.Count + stats.Failed.Count, Entities = stats.Stats.Values.Sum(count => (long)count),
    };

    private static IEnumerable<string> Suspects()
    {
        var cluster = Akka.Cluster.Cluster.Get(Context.System);
        return cluster.State.Members.Select(member => member.Address)
            .Where(address => cluster.FailureDetector.IsMonitoring(address)
                && !cluster.FailureDetector.IsAvailable(address))
            .Select(ClusterOperations.HostPort);
    }

    private sealed record Counted(ShardRegionStats Stats, Action<ShardFigures> Keep)
        : INoSerializationVerificationNeeded;

    private sealed class Late : INoSerializationVerificationNeeded
    {
        public static readonly Late Instance = new();
    }
}
