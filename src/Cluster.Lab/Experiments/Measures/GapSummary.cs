namespace Cluster.Lab.Experiments.Measures;

/// <summary>The gaps of several objects, ms.</summary>
public sealed record GapSummary(int Objects, double Min, double P50, double P99, double Max)
{
    /// <summary>Summarizes gaps. Percentiles are by nearest rank. All values are 0 if there are no gaps.</summary>
    public static GapSummary Of(IEnumerable<Gap> gaps)
    {
        var lengths = gaps.Select(gap => gap.Ms).Order().ToList();
        return lengths.Count == 0
            ? new GapSummary(0, 0, 0, 0, 0)
            : new GapSummary(lengths.Count, lengths[0], At(0.5), At(0.99), lengths[^1]);

        double At(double quantile) => lengths[Math.Max(0, (int)Math.Ceiling(quantile * lengths.Count) - 1)];
    }
}
