namespace Cluster.Lab.Workloads;

/// <summary>What a run was like.</summary>
public sealed record WorkloadReport
{
    /// <summary>Calls that ended.</summary>
    public required long Calls { get; init; }

    /// <summary>Of them failed; see <see cref="WorkloadSecond.Errors"/>.</summary>
    public required long Errors { get; init; }

    /// <summary>Clients that lost their process and were replaced.</summary>
    public required int LostClients { get; init; }

    /// <summary>The recorder was full before the end.</summary>
    public required bool IsFull { get; init; }

    /// <summary>Second by second; those in which nothing ended are missing.</summary>
    public required IReadOnlyList<WorkloadSecond> Seconds { get; init; }

    /// <summary>The longest gap of each object, by length.</summary>
    public required IReadOnlyList<ObjectGap> Gaps { get; init; }

    /// <summary>A quantile, from 0 to 1, of the objects' longest gaps: 0.5 is the median, 1 the longest of
    /// all.</summary>
    public TimeSpan Gap(double quantile) =>
        Gaps.Count == 0 ? TimeSpan.Zero :
            Gaps[(int)Math.Ceiling(quantile * Gaps.Count) is var rank and > 0 ? rank - 1 : 0].Length;

    /// <summary>For example: availability gap per object: min 3 ms, p50 5 ms, p99 4100 ms, max 4100 ms.</summary>
    public override string ToString() =>
        $"{Calls} calls, {Errors} errors, {LostClients} clients replaced; availability gap per object:"
        + $" min {Ms(0)}, p50 {Ms(0.5)}, p99 {Ms(0.99)}, max {Ms(1)}";

    private string Ms(double quantile) => $"{Gap(quantile).TotalMilliseconds:F0} ms";
}
