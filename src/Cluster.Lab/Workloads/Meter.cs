using System.Collections.Concurrent;
using Cluster.Lab.Histories;
using Cluster.Protocol;
using HdrHistogram;
using Recorder = Cluster.Lab.Histories.Recorder;

namespace Cluster.Lab.Workloads;

/// <summary>Counts, second by second and object by object.</summary>
internal sealed class Meter(Recorder recorder)
{
    private const long LongestUs = 600_000_000;
    private const int MostSeconds = 100_000;
    private const long Second = 1_000_000_000;

    private readonly ConcurrentDictionary<string, Availability> _objects = new();
    private readonly Lock _lock = new();
    private readonly List<WorkloadSecond> _seconds = [];
    private readonly LongHistogram _histogram = new(LongestUs, 2);
    private readonly long _start = recorder.Now();
    private int _second;
    private (long Calls, long Errors) _now;
    private (long Calls, long Errors) _all;

    public void Begin(Operation call, bool isOwed)
    {
        if (isOwed) Of(call).Begin(recorder.Now());
    }

    public void End(Operation call, bool wasOwed)
    {
        var now = recorder.Now();
        Of(call).End(now, wasOwed);
        lock (_lock)
        {
            var second = (int)((now - _start) / Second);
            if (second > _second) Roll(second);
            _now.Calls++;
            if (IsError(call)) _now.Errors++;
            if (wasOwed) _histogram.RecordValue(Math.Clamp((now - call.InvokedAt) / 1_000, 1, LongestUs));
        }
    }

    public WorkloadReport Report(int lost)
    {
        var now = recorder.Now();
        lock (_lock)
        {
            Roll(_second);
            return new WorkloadReport
            {
                Calls = _all.Calls,
                Errors = _all.Errors,
                LostClients = lost,
                IsFull = recorder.IsFull,
                Seconds = [.. _seconds],
                Gaps = [.. _objects.Values.Select(one => one.Longest(now)).OrderBy(gap => gap.Length)],
            };
        }
    }

    private static bool IsError(Operation call) => call.Outcome == Outcome.Unknown
        || (call.Outcome == Outcome.Refused
            && call.Errno is not (Errno.EAGAIN or Errno.ENOMSG or Errno.EINTR or Errno.ETIMEDOUT));

    private Availability Of(Operation call) => _objects.GetOrAdd(call.Object, static name => new Availability(name));

    private void Roll(int next)
    {
        if (_now.Calls > 0 && _seconds.Count < MostSeconds)
            _seconds.Add(new WorkloadSecond(_second, _now.Calls, _now.Errors, Ms(50), Ms(99), Ms(100)));
        _all = (_all.Calls + _now.Calls, _all.Errors + _now.Errors);
        _histogram.Reset();
        _now = default;
        _second = next;
    }

    private double Ms(double percentile) =>
        _histogram.TotalCount == 0 ? 0 : _histogram.GetValueAtPercentile(percentile) / 1_000.0;
}
