using Cluster.Lab.Experiments.Measures;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>Every object answers calls in a span in which a fault lasts that the cluster has to get around.</summary>
/// <param name="span">The span.</param>
public sealed class ServedMeanwhile(TimeSpanNs span) : IChecker
{
    public string Name => "all objects serve while the fault lasts";

    public Verdict Check(History history)
    {
        var silent = new List<string>();
        var count = 0;
        foreach (var (name, calls) in history.ByObject())
        {
            // The parked callers and the callers with time-outs make no calls that are answered at once.
            var immediate = calls.Where(call => ImmediateCalls.Is(call)
                && call.InvokedAt <= span.To && call.LatestAt >= span.From).ToList();
            if (immediate.Count == 0) continue;
            count++;
            if (!immediate.Exists(call => call.Outcome is Outcome.Ok or Outcome.Refused && call.ReturnedAt <= span.To))
                silent.Add(name);
        }

        return silent.Count == 0
            ? Verdict.Held(Name, $"{count} objects answered calls before the fault was healed")
            : Verdict.Broken(Name, new Finding($"no call was answered on {string.Join(", ", silent)}"));
    }
}
