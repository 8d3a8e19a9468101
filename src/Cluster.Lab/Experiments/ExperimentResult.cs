using Cluster.Lab.Checkers;
using Cluster.Lab.Experiments.Measures;

namespace Cluster.Lab.Experiments;

/// <summary>What an experiment has shown.</summary>
public sealed record ExperimentResult
{
    /// <summary>What it was told.</summary>
    public required ExperimentOptions Options { get; init; }

    /// <summary>sqlite, postgres, or postgres:// for one that was given.</summary>
    public required string Journal { get; init; }

    /// <summary>Of the product.</summary>
    public required string Version { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long the clients worked.</summary>
    public required double Seconds { get; init; }

    /// <summary>When the first harm was done, seconds.</summary>
    public required double FaultAt { get; init; }

    /// <summary>When the last was made good, seconds.</summary>
    public required double HealedAt { get; init; }

    /// <summary>What happened when.</summary>
    public required IReadOnlyList<TimelineEvent> Timeline { get; init; }

    /// <summary>Counts.</summary>
    public required Tally Tally { get; init; }

    /// <summary>Clients that lost their process and were replaced.</summary>
    public required int LostClients { get; init; }

    /// <summary>The longest gap of each object since the fault, by length.</summary>
    public required IReadOnlyList<Gap> Gaps { get; init; }

    /// <summary>
    /// The longest gap of each object that began between the harm and the restart of the node that was hurt, on that
    /// node and on others; empty: it is not known where they were.
    /// </summary>
    public IReadOnlyList<Gap> AwayGaps { get; init; } = [];

    /// <summary>When the clients began to work, on the clock of the gaps; ns.</summary>
    public required long Start { get; init; }

    /// <summary>Second by second.</summary>
    public required IReadOnlyList<PlotSecond> Plot { get; init; }

    /// <summary>The judge's verdicts and the experiment's own.</summary>
    public required IReadOnlyList<Verdict> Verdicts { get; init; }

    /// <summary>The end of each node's output.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Output { get; init; }

    /// <summary>All promises were checked and kept.</summary>
    public bool Holds => Verdicts.All(verdict => verdict.Holds);

    /// <summary>Of all objects.</summary>
    public GapSummary Gap => GapSummary.Of(Gaps);

    /// <summary>
    /// Of the objects that were on the node that was hurt, while it was away; null: that is not known.
    /// </summary>
    public GapSummary? HurtGap => Some(AwayGaps.Where(gap => gap.IsHurt == true));

    /// <summary>Of the objects on other nodes, while that one was away; null: that is not known.</summary>
    public GapSummary? OtherGap => Some(AwayGaps.Where(gap => gap.IsHurt == false));

    private static GapSummary? Some(IEnumerable<Gap> gaps) => gaps.Any() ? GapSummary.Of(gaps) : null;
}
