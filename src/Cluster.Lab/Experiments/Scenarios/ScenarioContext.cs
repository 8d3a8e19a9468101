using Cluster.Client;
using Cluster.Lab.Checkers;
using Cluster.Lab.Experiments.Journals;
using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>The cluster that a scenario acts on, and the findings of the scenario for the report.</summary>
internal sealed class ScenarioContext
{
    /// <summary>The longest wait for an expected event.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<Verdict> _verdicts = [];
    private readonly List<TimeSpanNs> _failovers = [];
    private readonly List<IChecker> _checkers = [];

    public required ExperimentOptions Options { get; init; }

    public required LabNodes Nodes { get; init; }

    public required INetwork Network { get; init; }

    public required ILabJournal Journal { get; init; }

    public required Timeline Timeline { get; init; }

    /// <summary>Connects a client for the scenario.</summary>
    public required Func<CancellationToken, Task<IIpcClient>> Connect { get; init; }

    /// <summary>Connects a client with a lease and a time of its own. It dies without a word.</summary>
    public required Func<TimeSpan, TimeProvider, Task<IIpcClient>> ConnectAs { get; init; }

    /// <summary>The wall clocks of the nodes; null: the nodes have the machine's.</summary>
    public FakeClocks? Clocks { get; init; }

    /// <summary>The disk of the journal; null: the journal is on a disk of the machine.</summary>
    public LabDisk? Disk { get; init; }

    /// <summary>Called with the chosen node just before the fault.</summary>
    public required Func<LabNode, Task> Choose { get; init; }

    /// <summary>The time of the first fault, ns; 0: not yet.</summary>
    public long FaultAt { get; private set; }

    /// <summary>The time at which the last fault was healed, ns; 0: not yet.</summary>
    public long HealedAt { get; private set; }

    /// <summary>The time at which a node was first started again, ns; 0: not yet.</summary>
    public long RestartedAt { get; private set; }

    /// <summary>When a node was away, or objects moved to one that was back.</summary>
    public IReadOnlyList<TimeSpanNs> Failovers => _failovers;

    /// <summary>Checkers that this scenario adds to the usual ones.</summary>
    public IReadOnlyList<IChecker> Checkers => _checkers;

    /// <summary>The verdicts of the scenario itself.</summary>
    public IReadOnlyList<Verdict> Verdicts => _verdicts;

    /// <summary>The time before the first fault.</summary>
    public TimeSpan BeforeFault => Between(Options.Duration * 0.25, 2, 10);

    /// <summary>How long a fault lasts.</summary>
    public TimeSpan FaultDuration => Between(Options.Duration * 0.3, 2, 20);

    /// <summary>Notes a fault that is injected now.</summary>
    public void FaultBegins(string what)
    {
        var now = Timeline.Note(what);
        if (FaultAt == 0) FaultAt = now;
    }

    /// <summary>Notes that the cluster is healed now.</summary>
    public void Healed(string what) => HealedAt = Timeline.Note(what);

    /// <summary>Adds a verdict of the scenario.</summary>
    public void Report(string name, bool holds, string explanation) =>
        _verdicts.Add(new Verdict(name, holds ? Ruling.Holds : Ruling.Violated, explanation, []));

    /// <summary>Adds a verdict of the scenario.</summary>
    public void Report(Verdict verdict) => _verdicts.Add(verdict);

    /// <summary>Adds a checker for the history.</summary>
    public void Check(IChecker checker) => _checkers.Add(checker);

    /// <summary>A node was away in this span, ns.</summary>
    public void AddFailover(long from, long to) => _failovers.Add(new TimeSpanNs(from, to));

    /// <summary>Starts a node again and waits until it is ready.</summary>
    public async Task RestartAsync(LabNode node, CancellationToken cancelled)
    {
        if (RestartedAt == 0) RestartedAt = LabClock.Now;
        await node.StartAsync().ConfigureAwait(false);
        Timeline.Note($"{node.Name} started again");
        await node.ReadyAsync(cancelled).ConfigureAwait(false);
        Healed($"{node.Name} is ready");
    }

    private static TimeSpan Between(TimeSpan value, double least, double most) =>
        TimeSpan.FromSeconds(Math.Clamp(value.TotalSeconds, least, most));
}
