using Cluster.Client;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// The final values of a set (the last GETALL, after all other calls) are its initial values (the last SETALL, or
/// zeros) plus the changes by clients that live. The SEM_UNDO changes of an ended process do not count; their undoing
/// stops at zero. A call of unknown outcome may count or not. And at no time have clients taken more permits than there
/// are; the permits of an ended process count until the last time at which it certainly lived.
/// </summary>
public sealed class PermitsConserved : IChecker
{
    public string Name => "permits conserved";

    public Verdict Check(History history)
    {
        var lastAlive = new LastKnownAlive(history);
        var count = 0;
        string? unclear = null;
        foreach (var (name, calls) in history.ByObject(CallKind.Semop, CallKind.SetValues, CallKind.GetValues))
        {
            var start = calls.LastOrDefault(
                call => call is { Call: CallKind.SetValues, Outcome: not Outcome.Refused });
            var since = calls.Where(call => call.Call == CallKind.Semop && call.Outcome != Outcome.Refused
                && !(call.LatestAt < start?.InvokedAt)).ToList();
            var end = calls.LastOrDefault(call => call is { Call: CallKind.GetValues, IsOk: true });
            if (end is null || since.Exists(call => call.IsOk && call.LatestAt > end.InvokedAt))
            {
                unclear ??= $"{name}: the values were not read at the end";
                continue;
            }

            if (since.Exists(call => call.InvokedAt < start?.LatestAt))
            {
                unclear ??= $"{name}: the values were set while others were at work";
                continue;
            }

            var initial = Enumerable.Range(0, end.Values!.Count).Select(n => start?.Values![n] ?? 0).ToArray();
            for (var number = 0; number < initial.Length; number++)
            {
                var finding = AtTheEnd(number, initial[number], since, end, history)
                    ?? Meanwhile(number, initial[number], since, lastAlive);
                if (finding is not null) return Verdict.Broken(Name, finding);
            }

            count += since.Count(call => call.IsOk);
        }

        return unclear is null ? Verdict.Held(Name, $"{count} calls of semop add up") : Verdict.Unclear(Name, unclear);
    }

    private static Finding? AtTheEnd(
        int number, int initial, IReadOnlyList<Operation> calls, Operation end, History history)
    {
        long net = 0, less = 0, more = 0;
        foreach (var call in calls)
        {
            var amount = Amount(call, number, history.Ended.Contains(call.Client));
            if (call.IsOk) net += amount;
            else if (amount < 0) less += amount;
            else more += amount;
        }

        var value = end.Values![number];
        // Below zero: an undo wanted to take permits that other processes had taken (semop(2), BUGS).
        if (initial + net + more < 0) more += UndoneAdditions(number, calls, history);
        if (initial + net + less <= value && value <= initial + net + more) return null;
        var open = less == more ? "" : $", and by {less} to {more} more if what has no outcome was performed";
        return new Finding(
            $"semaphore {number} began with {initial}, clients that live changed it by {net}{open}, it ends with"
            + $" {value}",
            end);
    }

    private static long UndoneAdditions(int number, IReadOnlyList<Operation> calls, History history) => calls
        .Where(call => history.Ended.Contains(call.Client)).GroupBy(call => call.Client)
        .Sum(client => Math.Max(0, client.Sum(call => Amount(call, number, false) - Amount(call, number, true))));

    // A permit is certainly taken from the return of the call that takes it to the invocation of the call that releases
    // it.
    private static Finding? Meanwhile(int number, int initial, IReadOnlyList<Operation> calls, LastKnownAlive lastAlive)
    {
        var changes = calls.GroupBy(call => call.Client)
            .SelectMany(client => Changes(client, number, lastAlive.Of(client.Key)));

        // A release without a taking (of a lock, for instance) makes the sum smaller and hides no error.
        var taken = 0L;
        foreach (var (_, change, call) in changes.OrderBy(change => change.At).ThenBy(change => change.Taken))
        {
            taken += change;
            if (taken > initial)
                return new Finding($"{taken} of semaphore {number} are taken, there are {initial}", call);
        }

        return null;
    }

    // A release of unknown outcome may have happened at once. SEM_UNDO may release the permits of an ended process at
    // any time after it was last known alive. After that time a release counts only for the permits beyond those, and a
    // taking with SEM_UNDO does not count.
    private static IEnumerable<(long At, long Taken, Operation Call)> Changes(
        IEnumerable<Operation> calls, int number, long lastAliveAt)
    {
        var taken = 0L;
        var after = new List<(long At, long Kept, long Undone, Operation Call)>();
        Operation? last = null;
        foreach (var call in calls)
        {
            var (amount, kept) = (Amount(call, number, false), Amount(call, number, true));
            var at = amount > 0 ? call.InvokedAt : call.LatestAt;
            if (at > lastAliveAt)
            {
                after.Add((at, kept, amount - kept, call));
                continue;
            }

            (taken, last) = (taken - (amount - kept), call);
            yield return (at, -amount, call);
        }

        taken = Math.Max(taken, 0);
        if (last is not null && lastAliveAt < long.MaxValue) yield return (lastAliveAt, -taken, last);
        foreach (var (at, kept, undone, call) in after.Where(change => change.At < long.MaxValue))
        {
            var freed = Math.Max(undone - taken, 0);
            taken = Math.Max(taken - Math.Max(undone, 0), 0);
            yield return (at, -kept - freed, call);
        }
    }

    private static long Amount(Operation call, int number, bool isUndone) => call.Semops!
        .Where(op => op.Number == number && !(isUndone && (op.Flags & SemFlags.Undo) != 0))
        .Sum(op => (long)op.Amount);
}
