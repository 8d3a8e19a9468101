using System.Globalization;
using Cluster.Lab.Experiments.Measures;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// A call with a time-out ends at its time-out: at most a second early and at most a second late. Time in which a node
/// was away does not count as late, nor does the time that answers took: a busy machine answers every call late, and
/// <see cref="NoClientHangs"/> bounds that.
/// </summary>
/// <param name="failovers">When a node was away.</param>
/// <param name="from">Calls made before do not count, ns: the first clock was set then.</param>
public sealed class TimeoutsInTime(IReadOnlyList<TimeSpanNs> failovers, long from) : IChecker
{
    private const long ToleranceNs = 1_000_000_000;

    public string Name => "time-outs in time";

    public Verdict Check(History history)
    {
        var timed = history.Operations.Where(
            call => call.TimeoutNs > 0 && call.InvokedAt >= from && call.Outcome != Outcome.Unknown).ToList();
        if (timed.Count == 0) return Verdict.Unclear(Name, "no call had a time-out");
        long earliest = long.MaxValue, latest = long.MinValue;
        foreach (var call in timed)
        {
            if (call.ReturnedAt is not { } at) return Verdict.Broken(Name, new Finding("a time-out never came", call));
            var offNs = at - call.InvokedAt - call.TimeoutNs;
            var lateNs = offNs - new TimeSpanNs(call.InvokedAt, at).OverlapWith(failovers);
            if (Refusals.IsTimeOut(call) && offNs < -ToleranceNs)
                return Verdict.Broken(Name, new Finding($"a time-out came {Seconds(-offNs)} s early", call));
            if (lateNs > ToleranceNs) lateNs -= AnswerNs(history, at - offNs, at);
            if (lateNs > ToleranceNs)
                return Verdict.Broken(Name, new Finding($"a time-out came {Seconds(lateNs)} s late", call));
            (earliest, latest) = (Math.Min(earliest, offNs), Math.Max(latest, lateNs));
        }

        return Verdict.Held(
            Name, $"{timed.Count} time-outs came {Seconds(earliest)} to {Seconds(latest)} s after their time");
    }

    // The longest time that an immediate call took which was under way in this span.
    private static long AnswerNs(History history, long since, long until) => history.Operations
        .Where(call => call.Object.Length > 0 && ImmediateCalls.Is(call)
            && call.InvokedAt < until && call.ReturnedAt > since)
        .Select(call => call.ReturnedAt!.Value - call.InvokedAt).DefaultIfEmpty().Max();

    private static string Seconds(long ns) => (ns / 1e9).ToString("F3", CultureInfo.InvariantCulture);
}
