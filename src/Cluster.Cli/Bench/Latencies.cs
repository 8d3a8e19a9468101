using System.Diagnostics;
using HdrHistogram;

namespace Cluster.Cli.Bench;

/// <summary>
/// The times of calls, from 1 us to 1 minute, with three digits. Any thread may add. The threads are spread over
/// several histograms, so that they rarely contend for a lock.
/// </summary>
internal sealed class Latencies
{
    private const long LongestUs = 60_000_000;
    private const int StripeCount = 8;

    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new Stripe())];

    /// <summary>The number of times added.</summary>
    public long Count => _stripes.Sum(stripe => Volatile.Read(ref stripe.Count));

    /// <summary>Adds the time between two timestamps of <see cref="Stopwatch"/>.</summary>
    public void Add(long from, long to)
    {
        var us = (to - from) * 1_000_000 / Stopwatch.Frequency;
        var stripe = _stripes[Environment.CurrentManagedThreadId % StripeCount];
        lock (stripe)
        {
            stripe.Histogram.RecordValue(Math.Clamp(us, 1, LongestUs));
            stripe.Count++;
        }
    }

    /// <summary>The percentiles of all times added until now.</summary>
    public Latency Summarize()
    {
        var all = new LongHistogram(LongestUs, 3);
        foreach (var stripe in _stripes)
        {
            lock (stripe) all.Add(stripe.Histogram);
        }

        return all.TotalCount == 0
            ? default
            : new Latency(all.TotalCount, Ms(all, 50), Ms(all, 99), Ms(all, 99.9));
    }

    private static double Ms(LongHistogram all, double percentile) => all.GetValueAtPercentile(percentile) / 1_000.0;

    private sealed class Stripe
    {
        public readonly LongHistogram Histogram = new(LongestUs, 3);
        public long Count;
    }
}

/// <summary>How many calls, and their percentiles.</summary>
internal readonly record struct Latency(long Count, double P50Ms, double P99Ms, double P999Ms);
