using System.Diagnostics;
using HdrHistogram;

namespace Cluster.Cli.Bench;

/// <summary>Times of calls, from 1 us to a minute, to three digits. Many tasks may add at once.</summary>
internal sealed class Latencies
{
    private const long LongestUs = 60_000_000;

    private readonly LongHistogram _histogram = new(LongestUs, 3);
    private readonly Lock _lock = new();

    /// <summary>How many were added.</summary>
    public long Count => _histogram.TotalCount;

    /// <summary>Adds the time since a timestamp of <see cref="Stopwatch"/>.</summary>
    public void AddSince(long timestamp)
    {
        var us = (Stopwatch.GetTimestamp() - timestamp) * 1_000_000 / Stopwatch.Frequency;
        lock (_lock) _histogram.RecordValue(Math.Clamp(us, 1, LongestUs));
    }

    /// <summary>A percentile in ms.</summary>
    public double PercentileMs(double percentile) =>
        Count == 0 ? 0 : _histogram.GetValueAtPercentile(percentile) / 1_000.0;
}
