using Cluster.Lab.Histories;

namespace Cluster.Lab.Experiments.Measures;

/// <summary>
/// The availability gap of each object: the longest time that has a part in the fault window in which calls were owed
/// an answer and none came. A blocked receive is not owed one, but its answer shows that the object is there. A call
/// whose outcome is unknown is no answer: who calls next has been waiting since the one before.
/// </summary>
public static class Gaps
{
    /// <summary>The longest gap of each object that was called in the window; by length.</summary>
    /// <param name="history">What clients saw.</param>
    /// <param name="from">The first harm, ns.</param>
    /// <param name="to">The end of the run, ns: who waits then has waited until then.</param>
    /// <param name="begunBy">Gaps that began later are left out; ns.</param>
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
            var isOwed = Owed.Is(call);
            if (isOwed) steps.Add((call.InvokedAt, Step.Begin));
            if (call.ReturnedAt is not { } at) continue;
            if (call.Outcome == Outcome.Unknown && isOwed) steps.Add((at, Step.Failed));
            else if (call.Outcome != Outcome.Unknown) steps.Add((at, isOwed ? Step.Answered : Step.Sign));
        }

        var (owed, since, isDown) = (0, 0L, false);
        Gap? longest = null;
        foreach (var (at, step) in steps.OrderBy(step => step.At).ThenBy(step => step.Step))
        {
            if (at > to) break;
            if (step == Step.Begin)
            {
                if (owed++ == 0 && !isDown) since = at;
                continue;
            }

            if (step is Step.Answered or Step.Failed) owed--;
            if (step == Step.Failed)
            {
                isDown = true;
                continue;
            }

            if (owed > 0 || step == Step.Answered || isDown) Take(since, at);
            (since, isDown) = (at, false);
        }

        if (owed > 0 || isDown) Take(since, to);
        return longest;

        void Take(long start, long end)
        {
            if (end < from || start > to || start > begunBy) return;
            if (longest is null || end - start > longest.To - longest.From) longest = new Gap(name, start, end);
        }
    }

    // In the order in which they count when they happen at one time.
    private enum Step
    {
        Begin,
        Sign,
        Answered,
        Failed,
    }
}
