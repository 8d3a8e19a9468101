using System.Diagnostics;

namespace Cluster.Cli.Bench;

/// <summary>The phases of a measurement with one call at a time: warming up, measuring, done.</summary>
internal sealed class Phase(BenchOptions options)
{
    private readonly Latencies _latencies = new();
    private bool _isMeasuring;
    private long _from = Stopwatch.GetTimestamp();
    private long _excluded;
    private long _told;

    private double Seconds => (Stopwatch.GetTimestamp() - _from - _excluded) / (double)Stopwatch.Frequency;

    /// <summary>Whether to make another call.</summary>
    public bool Continues()
    {
        if (!_isMeasuring && Seconds >= options.EffectiveWarmupSeconds)
            (_isMeasuring, _from, _excluded) = (true, Stopwatch.GetTimestamp(), 0);
        if (!_isMeasuring) return true;
        return options.Messages > 0 ? _latencies.Count < options.Messages : Seconds < options.Seconds;
    }

    /// <summary>Counts a call.</summary>
    public void Add(long from, long to)
    {
        if (_isMeasuring) _latencies.Add(from, to);
    }

    /// <summary>Excludes the time since a timestamp from the measurement.</summary>
    public void Exclude(long from) => _excluded += Stopwatch.GetTimestamp() - from;

    /// <summary>Reports progress a few times a second.</summary>
    public void Tell(Action<string> progress)
    {
        if (Stopwatch.GetElapsedTime(_told) < TimeSpan.FromMilliseconds(200)) return;
        _told = Stopwatch.GetTimestamp();
        progress($"{(_isMeasuring ? "measuring" : "warming up")}: {Seconds:F1} s, {_latencies.Count:N0} calls");
    }

    public BenchReport Report()
    {
        var seconds = Seconds;
        return new BenchReport(_latencies.Summarize(), seconds);
    }
}
