using Cluster.Lab.Histories;

namespace Cluster.Lab.Experiments.Measures;

/// <summary>One second of a run: the number of answers, and the latency of the immediate calls among them.</summary>
public readonly record struct PlotSecond(int Second, int Calls, double P50Ms, double P99Ms, double MaxMs)
{
    private const double SecondNs = 1e9;

    /// <summary>All seconds from the start to the end, including those without an answer.</summary>
    public static IReadOnlyList<PlotSecond> Of(History history, long start, long end)
    {
        var count = Math.Max(1, (int)Math.Ceiling((end - start) / SecondNs));
        var calls = new int[count];
        var times = new List<double>[count];
        foreach (var call in history.Operations)
        {
            if (call.ReturnedAt is not { } at || at < start || at >= end || call.Outcome == Outcome.Unknown) continue;
            var second = (int)((at - start) / SecondNs);
            calls[second]++;
            if (ImmediateCalls.Is(call)) (times[second] ??= []).Add((at - call.InvokedAt) / 1e6);
        }

        return [.. Enumerable.Range(0, count).Select(i => Of(i, calls[i], times[i] ?? []))];
    }

    private static PlotSecond Of(int second, int calls, List<double> times)
    {
        times.Sort();
        return times.Count == 0
            ? new PlotSecond(second, calls, 0, 0, 0)
            : new PlotSecond(second, calls, At(0.5), At(0.99), times[^1]);

        double At(double quantile) => times[Math.Max(0, (int)Math.Ceiling(quantile * times.Count) - 1)];
    }
}
