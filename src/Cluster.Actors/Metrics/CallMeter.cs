using System.Diagnostics;
using System.Diagnostics.Metrics;
using Cluster.Core.Sessions;
using Cluster.Protocol;

namespace Cluster.Actors.Metrics;

/// <summary>
/// Counts the completed calls of a node's sessions by kind, operation and errno, and measures their duration. Exists
/// only if metrics are exported.
/// </summary>
/// <remarks>
/// Results arrive in batches of mostly equal results. Equal results are counted together, so that a call costs a few
/// nanoseconds. The protocol bounds the label sets: each operation belongs to one or two kinds, and errno is bounded
/// here.
/// </remarks>
public sealed class CallMeter
{
    /// <summary>The highest number of an operation in <see cref="Call"/>, plus 1.</summary>
    private const int Operations = 128;

    /// <summary>The number of kinds with a label of their own. Higher kinds share the last.</summary>
    private const int Kinds = 128;

    /// <summary>The highest errno of Linux, plus 1. Higher ones would share the last.</summary>
    private const int Errnos = 134;

    /// <summary>The errors of calls that are valid, but find no room or would block.</summary>
    private static readonly Errno[] Refusals = [Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOSPC];

    private static readonly double SecondsPerTick = 1.0 / Stopwatch.Frequency;

    private readonly Histogram<double> _duration;
    private readonly Series?[] _series = new Series?[Kinds * Operations];

    /// <summary>Creates the instruments.</summary>
    /// <param name="meter">The meter of the instruments.</param>
    public CallMeter(Meter meter)
    {
        _duration = meter.CreateHistogram<double>(
            "cluster.ipc.call.duration", "s",
            "From the arrival of a call at the gateway to its result, blocking included",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries =
                    [.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60],
            });
        meter.CreateObservableCounter(
            "cluster.ipc.calls", Observe, "{call}", "Calls completed at this gateway, by kind, operation and errno");
        // Reported at 0 from the start, so without kind and operation, which are not known yet.
        meter.CreateObservableCounter(
            "cluster.ipc.calls.refused", ObserveRefused, "{call}",
            "Calls refused for want of room or because they would have blocked, by errno");
    }

    /// <summary>Starts to count the results of one target.</summary>
    internal Batch Begin(Target target) => new(this, target);

    /// <summary>The labels of an operation.</summary>
    private Series SeriesOf(int kind, int operation)
    {
        var at = (Math.Min(kind, Kinds - 1) * Operations) + Math.Min(operation, Operations - 1);
        return Volatile.Read(ref _series[at]) ?? Add(at, kind, operation);
    }

    private Series Add(int at, int kind, int operation)
    {
        var made = new Series(
            new("kind", Label.Of(((Kind)kind).ToString())), new("operation", Label.Of((Call.OpOneofCase)operation)));
        return Interlocked.CompareExchange(ref _series[at], made, null) ?? made;
    }

    private IEnumerable<Measurement<long>> Observe()
    {
        foreach (var series in _series)
        {
            if (series is null) continue;
            for (var errno = 0; errno < Errnos; errno++)
            {
                var count = Volatile.Read(ref series.Counts[errno]);
                if (count == 0) continue;
                var name = errno == 0 ? "0" : ((Errno)errno).ToString();
                yield return new Measurement<long>(
                    count, series.Kind, series.Operation, new KeyValuePair<string, object?>("errno", name));
            }
        }
    }

    private IEnumerable<Measurement<long>> ObserveRefused() => Refusals.Select(errno => new Measurement<long>(
        _series.Sum(series => series is null ? 0 : Volatile.Read(ref series.Counts[(int)errno])),
        new KeyValuePair<string, object?>("errno", errno.ToString())));

    private sealed class Series(KeyValuePair<string, object?> kind, KeyValuePair<string, object?> operation)
    {
        public readonly KeyValuePair<string, object?> Kind = kind;
        public readonly KeyValuePair<string, object?> Operation = operation;
        public readonly long[] Counts = new long[Errnos];
    }

    /// <summary>Results that arrive together.</summary>
    internal struct Batch(CallMeter meter, Target target)
    {
        // A call of a directory counts for the kind that the directory lists.
        private readonly int _kind = target.Kind == Kind.Directory ? (int)target.Id : (int)target.Kind;
        private readonly long _now = Stopwatch.GetTimestamp();
        private Series? _series;
        private UInt128 _timed;
        private int _operation = -1;
        private int _errno;
        private int _count;

        /// <summary>A call has completed.</summary>
        public void Add(SentCall call, int errno)
        {
            if (call.Operation != _operation || errno != _errno)
            {
                Flush();
                if (call.Operation != _operation) _series = meter.SeriesOf(_kind, call.Operation);
                (_operation, _errno) = (call.Operation, errno);
                Time(call);
            }

            _count++;
        }

        // Records one duration for all results of an operation in the batch: recording each costs a tenth of the
        // throughput.
        private void Time(SentCall call)
        {
            var bit = UInt128.One << Math.Min(call.Operation, Operations - 1);
            if ((_timed & bit) != 0) return;
            _timed |= bit;
            meter._duration.Record((_now - call.At) * SecondsPerTick, _series!.Kind, _series.Operation);
        }

        /// <summary>Counts the results added since the last flush.</summary>
        public void Flush()
        {
            if (_count > 0) Interlocked.Add(ref _series!.Counts[Math.Clamp(_errno, 0, Errnos - 1)], _count);
            _count = 0;
        }
    }
}
