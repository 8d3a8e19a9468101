using Cluster.Lab.Histories;

namespace Cluster.Lab.Experiments.Measures;

/// <summary>
/// The availability gap of each object: the longest time, overlapping the fault, in which immediate calls waited and
/// none was answered. A blocked receive may wait for other clients, so its waiting does not count, but its answer shows
/// that the object is available. An unknown outcome is not an answer, so the gap continues.
/// </summary>
public static class Gaps
{
    /// <summary>The longest gap of each object that was called in the window, in the order of length.</summary>
    /// <param name="history">The calls.</param>
    /// <param name="from">The first fault, ns.</param>
    /// <param name="to">The end of the run, ns. A call that still waits then counts until then.</param>
    /// <param name="begunBy">Gaps that began later do not count; ns.</param>
    public static IReadOnlyList<Gap> Of(History history, long from, long to, long begunBy = long.MaxValue) =>
    [
        .. history.ByObject().Select(calls => Longest(calls.Object, calls.Operations, from, to, begunBy)).OfType<Gap>()
            .OrderBy(gap => gap.Ms),
    ];

    private static Gap? Longest(string name, IReadOnlyList<Operation> calls, long from, long to, long begunBy)
    {
        var steps = new List<(long At, Step Step)>();
        foreach (var call in calls)
        {
            var isImmediate = ImmediateCalls.Is(call);
            if (isImmediate) steps.Add((call.InvokedAt, Step.Begin));
            if (call.ReturnedAt is not { } at) continue;
            if (call.Outcome == Outcome.Unknown && isImmediate) steps.Add((at, Step.Failed));
            else if (call.Outcome != Outcome.Unknown) steps.Add((at, isImmediate ? Step.Answered : Step.OtherAnswer));
        }

        var (waiting, since, isDown) = (0, 0L, false);
        Gap? longest = null;
        foreach (var (at, step) in steps.OrderBy(step => step.At).ThenBy(step => step.Step))
        {
            if (at > to) break;
            if (step == Step.Begin)
            {
                if (waiting++ == 0 && !isDown) since = at;
                continue;
            }

            if (step is Step.Answered or Step.Failed) waiting--;
            if (step == Step.Failed)
            {
                isDown = true;
                continue;
            }

            if (waiting > 0 || step == Step.Answered || isDown) Take(since, at);
            (since, isDown) = (at, false);
        }

        if (waiting > 0 || isDown) Take(since, to);
        return longest;

        void Take(long start, long end)
        {
            if (end < from || start > to || start > begunBy) return;
            if (longest is null || end - start > longest.To - longest.From) longest = new Gap(name, start, end);
        }
    }

    // Steps at the same time count in this order.
    private enum Step
    {
        Begin,
        OtherAnswer,
        Answered,
        Failed,
    }
}
