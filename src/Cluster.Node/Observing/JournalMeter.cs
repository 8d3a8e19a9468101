using System.Diagnostics.Metrics;

namespace Cluster.Node.Observing;

/// <summary>Reads the journal's instruments for `ipc stat`.</summary>
public sealed class JournalMeter : IDisposable
{
    private const string Prefix = "cluster.ipc.journal.";
    private const int Kept = 1_024;

    private readonly MeterListener _listener = new();
    private readonly double[] _durations = new double[Kept];
    private readonly Lock _lock = new();
    private long _rows;
    private long _bytes;
    private long _commits;
    private long _durationCount;

    /// <summary>Starts to listen.</summary>
    public JournalMeter()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name.StartsWith(Prefix, StringComparison.Ordinal))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>(OnCount);
        _listener.SetMeasurementEventCallback<double>(OnDuration);
        _listener.Start();
    }

    /// <summary>Rows written since the start.</summary>
    public long Rows => Volatile.Read(ref _rows);

    /// <summary>Bytes written since the start.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Transactions since the start.</summary>
    public long Commits => Volatile.Read(ref _commits);

    /// <summary>
    /// The median duration of the last 1,024 transactions, from the first insert to the commit, in microseconds.
    /// </summary>
    public double MedianCommitUs
    {
        get
        {
            double[] recent;
            lock (_lock) recent = _durations[..(int)Math.Min(_durationCount, Kept)];
            if (recent.Length == 0) return 0;
            Array.Sort(recent);
            return recent[recent.Length / 2] * 1_000_000;
        }
    }

    public void Dispose() => _listener.Dispose();

    private void OnCount(
        Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        switch (instrument.Name)
        {
            case Prefix + "rows":
                Interlocked.Add(ref _rows, value);
                break;
            case Prefix + "size":
                Interlocked.Add(ref _bytes, value);
                break;
            case Prefix + "commits":
                Interlocked.Add(ref _commits, value);
                break;
        }
    }

    private void OnDuration(
        Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (instrument.Name != Prefix + "commit.duration") return;
        lock (_lock) _durations[_durationCount++ % Kept] = value;
    }
}
