using System.Diagnostics;
using System.Diagnostics.Metrics;
using Cluster.Core.Sessions;
using Cluster.Protocol;

namespace Cluster.Actors.Metrics;

/// <summary>
/// Counts the calls that a node's sessions see completed, by kind, operation and errno, and how long they took. Only
/// there if somebody reads it.
/// </summary>
/// <remarks>
/// Results come in batches, of which most are alike: what is alike is counted together, so a call costs a few
/// nanoseconds. The label sets are bounded by the protocol: each operation belongs to a kind or two, and errno has a
/// bound here.
/// </remarks>
public sealed class CallMeter
{
    /// <summary>Numbers of operations in <see cref="Call"/>.</summary>
    private const int Operations = 128;

    /// <summary>Numbers of kinds; those above share the last.</summary>
    private const int Kinds = 128;

    /// <summary>Linux has no higher ones; those would share the last.</summary>
    private const int Errnos = 134;

    /// <summary>What a call is refused with that has done nothing wrong.</summary>
    private static readonly Errno[] Refusals = [Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOSPC];

    private static readonly double SecondsPerTick = 1.0 / Stopwatch.Frequency;

    private readonly Histogram<double> _duration;
    private readonly Series?[] _series = new Series?[Kinds * Operations];

    /// <summary>Makes its instruments.</summary>
    /// <param name="meter">Where.</param>
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
        // From the start, at 0: which kinds and operations there will be, nobody knows then.
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

    /// <summary>Results that come together.</summary>
    internal struct Batch(CallMeter meter, Target target)
    {
        // A call of a directory is about the kind that it lists.
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

        // One for all of an operation that come together: to record each costs a tenth of the throughput and more.
        private void Time(SentCall call)
        {
            var bit = UInt128.One << Math.Min(call.Operation, Operations - 1);
            if ((_timed & bit) != 0) return;
            _timed |= bit;
            meter._duration.Record((_now - call.At) * SecondsPerTick, _series!.Kind, _series.Operation);
        }

        /// <summary>All have been added.</summary>
        public void Flush()
        {
            if (_count > 0) Interlocked.Add(ref _series!.Counts[Math.Clamp(_errno, 0, Errnos - 1)], _count);
            _count = 0;
        }
    }
}
