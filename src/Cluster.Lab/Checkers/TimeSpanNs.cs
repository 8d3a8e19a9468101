namespace Cluster.Lab.Checkers;

/// <summary>A span of the history's clock.</summary>
/// <param name="From">Its begin, ns.</param>
/// <param name="To">Its end, ns.</param>
public readonly record struct TimeSpanNs(long From, long To)
{
    /// <summary>How long a span overlaps some other spans, ns. The others do not overlap each other.</summary>
    public long OverlapWith(IEnumerable<TimeSpanNs> others)
    {
        var (from, to) = (From, To);
        return others.Sum(other => Math.Max(0, Math.Min(to, other.To) - Math.Max(from, other.From)));
    }
}
