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
/// nanoseconds. The label sets are bounded by the tables of this version: what is not in a table has one
/// label of its own.
/// </remarks>
public sealed class CallMeter
{
    /// <summary>The highest errno of Linux, plus 1: the place of all numbers that are no errno.</summary>
    private const int OtherErrno = 134;

    private static readonly int Operations = CallTraits.Operations.Count;

    // The kinds of this version by their numbers. A session refuses a call to any other kind, so what has no number
    // here is a mistake of this process: it counts as "unspecified".
    private static readonly string[] Kinds =
        [.. Enumerable.Range(0, (int)Enum.GetValues<Kind>().Max() + 1).Select(kind => Label.Of($"{(Kind)kind}"))];

    /// <summary>The errors of calls that are valid, but find no room or would block.</summary>
    private static readonly Errno[] Refusals = [Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOSPC];

    private static readonly double SecondsPerTick = 1.0 / Stopwatch.Frequency;

    private readonly Histogram<double> _duration;
    private readonly Series?[] _series = new Series?[Kinds.Length * Operations];

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
        var at = (kind * Operations) + operation;
        return Volatile.Read(ref _series[at]) ?? Add(at, kind, operation);
    }

    private Series Add(int at, int kind, int operation)
    {
        var made = new Series(
            new("kind", Kinds[kind]), new("operation", CallTraits.Operations[operation].Name));
        return Interlocked.CompareExchange(ref _series[at], made, null) ?? made;
    }

    private static string Name(int errno) => errno switch
    {
        0 => "0",
        OtherErrno => "other",
        _ => ((Errno)errno).ToString(),
    };

    // A call of a directory counts for the kind that the directory lists.
    private static int KindOf(Target target)
    {
        var kind = target.Kind == Kind.Directory ? target.Id : (long)target.Kind;
        return kind >= 0 && kind < Kinds.Length ? (int)kind : (int)Kind.Unspecified;
    }

    private IEnumerable<Measurement<long>> Observe()
    {
        foreach (var series in _series)
        {
            if (series is null) continue;
            for (var errno = 0; errno <= OtherErrno; errno++)
            {
                var count = Volatile.Read(ref series.Counts[errno]);
                if (count == 0) continue;
                yield return new Measurement<long>(
                    count, series.Kind, series.Operation, new KeyValuePair<string, object?>("errno", Name(errno)));
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
        public readonly long[] Counts = new long[OtherErrno + 1];

        // The time of the last batch with a duration. Batches of other sessions write it too: then one more duration
        // is recorded.
        public long TimedAt;
    }

    /// <summary>Results that arrive together.</summary>
    internal struct Batch(CallMeter meter, Target target)
    {
        private readonly int _kind = KindOf(target);
        private readonly long _now = Stopwatch.GetTimestamp();
        private Series? _series;
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
            if (_series!.TimedAt == _now) return;
            _series.TimedAt = _now;
            meter._duration.Record((_now - call.At) * SecondsPerTick, _series.Kind, _series.Operation);
        }

        /// <summary>Counts the results added since the last flush.</summary>
        public void Flush()
        {
            var errno = (uint)_errno < OtherErrno ? _errno : OtherErrno;
            if (_count > 0) Interlocked.Add(ref _series!.Counts[errno], _count);
            _count = 0;
        }
    }
}
