using System.Globalization;
using Cluster.Lab.Experiments.Measures;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// A call that waits for no other client is answered within 10 s. Time in which a node was away does not count.
/// </summary>
/// <param name="failovers">When a node was away.</param>
/// <param name="from">Calls made before do not count, ns: the first clock was set then.</param>
/// <param name="end">The end of the run, ns. A call without an answer has waited until then.</param>
public sealed class NoClientHangs(IReadOnlyList<TimeSpanNs> failovers, long from, long end) : IChecker
{
    private const long LimitNs = 10_000_000_000;

    public string Name => "no client hangs";

    public Verdict Check(History history)
    {
        var longest = 0L;
        foreach (var call in history.Operations.Where(
            call => call.Object.Length > 0 && call.InvokedAt >= from && ImmediateCalls.Is(call)))
        {
            var at = call.ReturnedAt ?? Math.Max(end, call.InvokedAt);
            var waitedNs = at - call.InvokedAt - new TimeSpanNs(call.InvokedAt, at).OverlapWith(failovers);
            if (waitedNs > LimitNs)
                return Verdict.Broken(Name, new Finding($"a call waited {Seconds(waitedNs)} s for its answer", call));
            longest = Math.Max(longest, waitedNs);
        }

        return Verdict.Held(Name, $"no call waited longer than {Seconds(longest)} s for its answer");
    }

    private static string Seconds(long ns) => (ns / 1e9).ToString("F3", CultureInfo.InvariantCulture);
}
