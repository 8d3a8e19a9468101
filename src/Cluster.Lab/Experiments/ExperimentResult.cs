using Cluster.Lab.Checkers;
using Cluster.Lab.Experiments.Measures;

namespace Cluster.Lab.Experiments;

/// <summary>The result of an experiment.</summary>
public sealed record ExperimentResult
{
    /// <summary>The options of the experiment.</summary>
    public required ExperimentOptions Options { get; init; }

    /// <summary>sqlite, postgres, or postgres:// for a database that was given.</summary>
    public required string Journal { get; init; }

    /// <summary>The version of the product.</summary>
    public required string Version { get; init; }

    /// <summary>When the experiment began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long the clients made calls.</summary>
    public required double Seconds { get; init; }

    /// <summary>The time of the first fault, seconds.</summary>
    public required double FaultAt { get; init; }

    /// <summary>The time at which the last fault was healed, seconds.</summary>
    public required double HealedAt { get; init; }

    /// <summary>The events, in the order of time.</summary>
    public required IReadOnlyList<TimelineEvent> Timeline { get; init; }

    /// <summary>Counts of calls and messages.</summary>
    public required Tally Tally { get; init; }

    /// <summary>The number of clients that lost their process and were replaced.</summary>
    public required int LostClients { get; init; }

    /// <summary>The longest gap of each object since the fault, by length.</summary>
    public required IReadOnlyList<Gap> Gaps { get; init; }

    /// <summary>
    /// The longest gap of each object that began between the fault and the restart of the node with the fault, for
    /// objects on that node and on others; empty: it is not known where the objects were.
    /// </summary>
    public IReadOnlyList<Gap> AwayGaps { get; init; } = [];

    /// <summary>When the clients began to make calls, on the clock of the gaps; ns.</summary>
    public required long Start { get; init; }

    /// <summary>The plotted values, one per second.</summary>
    public required IReadOnlyList<PlotSecond> Plot { get; init; }

    /// <summary>The verdicts of the checkers and of the experiment itself.</summary>
    public required IReadOnlyList<Verdict> Verdicts { get; init; }

    /// <summary>The end of each node's output.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Output { get; init; }

    /// <summary>Whether all promises were checked and kept.</summary>
    public bool Holds => Verdicts.All(verdict => verdict.Holds);

    /// <summary>The gaps of all objects.</summary>
    public GapSummary Gap => GapSummary.Of(Gaps);

    /// <summary>
    /// The gaps of the objects on the node with the fault, while it was down; null: that is not known.
    /// </summary>
    public GapSummary? HurtGap => Some(AwayGaps.Where(gap => gap.IsHurt == true));

    /// <summary>The gaps of the objects on other nodes, while that node was down; null: that is not known.</summary>
    public GapSummary? OtherGap => Some(AwayGaps.Where(gap => gap.IsHurt == false));

    private static GapSummary? Some(IEnumerable<Gap> gaps) => gaps.Any() ? GapSummary.Of(gaps) : null;
}
