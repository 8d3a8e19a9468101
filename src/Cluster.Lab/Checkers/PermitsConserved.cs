using Cluster.Client;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// What a set has at the end (the last GETALL, made when everything else had ended) is what it began with (the last
/// SETALL, or zeros) and what clients that live have added and taken since; a process that ended left nothing of what
/// it did with SEM_UNDO, but takes away no more than is there; a call of unknown outcome may have been performed or
/// not. And at no time do clients hold more than there is; of one that ended it counts while it surely lived.
/// </summary>
public sealed class PermitsConserved : IChecker
{
    public string Name => "permits conserved";

    public Verdict Check(History history)
    {
        var signs = new LastSigns(history);
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
                    ?? Meanwhile(number, initial[number], since, signs);
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
        // Below zero: of what a process was to take away when it ended, others had taken some (semop(2), BUGS).
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

    // What is held from the return of its taking to the call of its release is surely taken.
    private static Finding? Meanwhile(int number, int initial, IReadOnlyList<Operation> calls, LastSigns signs)
    {
        var changes = calls.GroupBy(call => call.Client)
            .SelectMany(client => Changes(client, number, signs.Of(client.Key)));

        // Releases of what was never taken, a lock's for instance, only make room.
        var held = 0L;
        foreach (var (_, change, call) in changes.OrderBy(change => change.At).ThenBy(change => change.Held))
        {
            held += change;
            if (held > initial)
                return new Finding($"{held} of semaphore {number} are taken, there are {initial}", call);
        }

        return null;
    }

    // A release of unknown outcome may have been performed at once. What SEM_UNDO gives back may be free from the last
    // sign of life on: then a release frees only what is more than that, and a taking may be undone as soon as it is
    // made.
    private static IEnumerable<(long At, long Held, Operation Call)> Changes(
        IEnumerable<Operation> calls, int number, long lastSign)
    {
        var held = 0L;
        var after = new List<(long At, long Kept, long Undone, Operation Call)>();
        Operation? last = null;
        foreach (var call in calls)
        {
            var (amount, kept) = (Amount(call, number, false), Amount(call, number, true));
            var at = amount > 0 ? call.InvokedAt : call.LatestAt;
            if (at > lastSign)
            {
                after.Add((at, kept, amount - kept, call));
                continue;
            }

            (held, last) = (held - (amount - kept), call);
            yield return (at, -amount, call);
        }

        held = Math.Max(held, 0);
        if (last is not null && lastSign < long.MaxValue) yield return (lastSign, -held, last);
        foreach (var (at, kept, undone, call) in after.Where(change => change.At < long.MaxValue))
        {
            var freed = Math.Max(undone - held, 0);
            held = Math.Max(held - Math.Max(undone, 0), 0);
            yield return (at, -kept - freed, call);
        }
    }

    private static long Amount(Operation call, int number, bool isUndone) => call.Semops!
        .Where(op => op.Number == number && !(isUndone && (op.Flags & SemFlags.Undo) != 0))
        .Sum(op => (long)op.Amount);
}
