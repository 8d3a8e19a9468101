using Akka.Actor;
using Akka.Cluster.Sharding;
using Cluster.Protocol;

namespace Cluster.Actors.Operations;

/// <summary>Collects the figures of this node for one asker: what the shards do not say in time is left out.</summary>
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

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(OperationsOptions options, IActorRef asker) =>
        Akka.Actor.Props.Create(() => new FiguresActor(options, asker));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _figures.Suspects.Add(Suspects());
        // The answer has a way to go.
        var within = _options.AnswerWithin * 0.7;
        Timers.StartSingleTimer(Late.Instance, Late.Instance, within);
        Count(_options.Regions.Objects, within, stats => _figures.Objects = stats);
        Count(_options.Regions.Processes, within, stats => _figures.Processes = stats);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (message is Counted counted) counted.Keep(Of(counted.Stats));
        else if (message is not Late) return;
