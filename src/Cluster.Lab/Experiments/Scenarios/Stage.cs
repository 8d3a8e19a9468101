using Cluster.Client;
using Cluster.Lab.Checkers;
using Cluster.Lab.Experiments.Journals;
using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>What a scenario acts on, and what it leaves behind for the report.</summary>
internal sealed class Stage
{
    /// <summary>How long something takes at most that has to come.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<Verdict> _verdicts = [];

    public required ExperimentOptions Options { get; init; }

    public required LabNodes Nodes { get; init; }

    public required INetwork Network { get; init; }

    public required ILabJournal Journal { get; init; }

    public required Timeline Timeline { get; init; }

    /// <summary>A client of the scenario's own.</summary>
    public required Func<CancellationToken, Task<IIpcClient>> Connect { get; init; }

    /// <summary>Told of the victim just before it is hurt.</summary>
    public required Func<LabNode, Task> Choose { get; init; }

    /// <summary>When the first harm was done, ns; 0: not yet.</summary>
    public long FaultAt { get; private set; }

    /// <summary>When the last was made good, ns; 0: not yet.</summary>
    public long HealedAt { get; private set; }

    /// <summary>When a node was first started again, ns; 0: not yet.</summary>
    public long RestartedAt { get; private set; }

    /// <summary>What the scenario itself found out.</summary>
    public IReadOnlyList<Verdict> Verdicts => _verdicts;

    /// <summary>How long all is well at first.</summary>
    public TimeSpan Lead => Between(Options.Duration * 0.25, 2, 10);

    /// <summary>How long what was taken away stays away.</summary>
    public TimeSpan Away => Between(Options.Duration * 0.3, 2, 20);

    /// <summary>The cluster is hurt now.</summary>
    public void Hurt(string what)
    {
        var now = Timeline.Note(what);
        if (FaultAt == 0) FaultAt = now;
    }

    /// <summary>All is as it should be again.</summary>
    public void Healed(string what) => HealedAt = Timeline.Note(what);

    /// <summary>A promise of the scenario's own was kept or not.</summary>
    public void Judge(string name, bool holds, string explanation) =>
        _verdicts.Add(new Verdict(name, holds ? Ruling.Holds : Ruling.Violated, explanation, []));

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
