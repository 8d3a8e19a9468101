using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Callers that wait for the same in a known order - one was seen parked before the other was made - are served in that
/// order. Of semop(2) the revisions say it. Of msgrcv(2) what they got does: who waited longer got what was sent
/// earlier. (The revision would not do: for a receiver that is out of touch its message is kept, and handed over when
/// it is back.) A caller that was cancelled before the other was served, whose time was up by then, or whose process
/// died, has left the line. One that was out of touch for more than 5 s is passed over as documented; an experiment has
/// to keep its outages shorter, and none at the time-out of a caller that was seen parked: its time is taken to be up
/// when it is told so.
/// </summary>
public sealed class ParkedInOrder : IChecker
{
    /// <inheritdoc/>
    public string Name => "parked in order";

    /// <inheritdoc/>
    public Verdict Check(History history)
    {
        var sends = history.Operations.Where(call => call is { Call: CallKind.Send, Text: not null })
            .DistinctBy(call => call.Text).ToDictionary(call => call.Text!);
        var count = 0;
        foreach (var line in history.Operations.Where(CanPark).GroupBy(Line))
        {
            var parked = new List<Operation>();
            var byTime = new Queue<Operation>(
                line.Where(call => call.ParkedAt is not null).OrderBy(call => call.ParkedAt));
            foreach (var second in line.Where(call => call.IsOk).OrderBy(call => call.InvokedAt))
            {
                while (byTime.TryPeek(out var next) && next.ParkedAt < second.InvokedAt)
                    Add(parked, byTime.Dequeue(), history);
                if (parked.Count > 0 && second.ParkedAt is not null) count++;
                var first = parked.Find(first => first != second && Overtook(first, second, sends));
                if (first is null) continue;
                var sent = new[] { first, second }.Select(call => sends.GetValueOrDefault(call.Text ?? ""))
                    .OfType<Operation>();
                return Verdict.Broken(Name, new Finding(
                    $"client {second.Client} was served before client {first.Client}, which had parked before it",
                    [first, second, .. sent]));
            }
        }

        return Verdict.Held(Name, $"{count} callers were served after all that had parked before them");
    }

    private static bool CanPark(Operation call) => call is
        { Call: CallKind.Receive, NoWait: false } or { Call: CallKind.Semop, NoWait: false };

    private static (string, CallKind, long, string) Line(Operation call) => (
        call.Object, call.Call, call.Selector,
            string.Join(' ', (call.Semops ?? []).Select(op => $"{op.Number}:{op.Amount}")));

    // Of those who parked earlier only the one served last matters, and whoever is not served.
    private static void Add(List<Operation> parked, Operation call, History history)
    {
        if (call.Outcome == Outcome.Unknown || history.Ended.Contains(call.Client)) return;
        if (call is { Outcome: Outcome.Refused, CancelledAt: null, Errno: not Errno.EINTR and not Errno.ETIMEDOUT
            and not Errno.EAGAIN }) return;
        if (call is { IsOk: true, Call: CallKind.Semop, Revision: > 0 }
            && parked.Find(other => other.IsOk && other.Revision > 0) is { } other)
        {
            if (other.Revision > call.Revision) return;
            parked.Remove(other);
        }

        parked.Add(call);
    }

    private static long TimedOutAt(Operation call) =>
        call.Errno is Errno.ETIMEDOUT or Errno.EAGAIN ? call.LatestAt : long.MinValue;

    private static bool Overtook(Operation first, Operation second, Dictionary<string, Operation> sends)
    {
        if (first.Outcome == Outcome.Pending) return true;
        if (!first.IsOk) return second.LatestAt < (first.CancelledAt ?? TimedOutAt(first));
        if (first.Call == CallKind.Semop)
            return first.Revision > 0 && second.Revision > 0 && first.Revision >= second.Revision;
        return sends.TryGetValue(first.Text ?? "", out var ofFirst)
            && sends.TryGetValue(second.Text ?? "", out var ofSecond)
            && ofSecond.LatestAt < ofFirst.InvokedAt;
    }
}
