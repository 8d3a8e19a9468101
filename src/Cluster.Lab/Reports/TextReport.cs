using System.Globalization;
using System.Text;
using Cluster.Lab.Experiments;
using Cluster.Lab.Experiments.Measures;

namespace Cluster.Lab.Reports;

/// <summary>The result of an experiment for a terminal.</summary>
public static class TextReport
{
    /// <summary>The text, without a newline at its end.</summary>
    public static string Of(ExperimentResult result)
    {
        var text = new StringBuilder();
        var tally = result.Tally;
        Line($"{JsonReport.NameOf(result.Options.Kind)}, seed {result.Options.Seed}: {result.Options.Nodes} nodes, "
            + $"{result.Journal}, profile {result.Options.Profile}, {result.Seconds:F1} s");
        Line($"{tally.Calls} calls, {tally.Acknowledged} acknowledged, {tally.Lost} lost, "
            + $"{tally.Duplicated} duplicated; {result.LostClients} clients replaced");
        Line($"availability gap of {Of(result.Gap)}");
        if (result.HurtGap is { } hurt) Line($"of them on the node that was hurt: {Of(hurt)}");
        if (result.OtherGap is { } other) Line($"on the other nodes while it was away: {Of(other)}");
        Line("");
        foreach (var verdict in result.Verdicts)
            Line($"{verdict.Ruling.ToString().ToLowerInvariant(),-10}{verdict.Name}: {verdict.Explanation}");
        foreach (var operation in result.Verdicts.Where(verdict => !verdict.Holds).SelectMany(one => one.Operations))
            Line($"  {operation}");
        Line("");
        text.Append(Path.Combine(result.Options.Out, HtmlReport.FileName));
        return text.ToString();

        void Line(string line) => text.Append(line).Append('\n');
    }

    private static string Of(GapSummary gap) => string.Create(
        CultureInfo.InvariantCulture,
        $"{gap.Objects} objects: min {gap.Min:F0} ms, p50 {gap.P50:F0} ms, p99 {gap.P99:F0} ms, max {gap.Max:F0} ms");
}
