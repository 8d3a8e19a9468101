using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// What a set has at the end (the last GETALL, made when everything else had ended) is what it began with (SETALL, or
/// zeros) and what clients that live have added and taken; a process that ended left nothing of what it did with
/// SEM_UNDO. And at no time do clients that live hold more than there is.
/// </summary>
public sealed class PermitsConserved : IChecker
{
    /// <inheritdoc/>
    public string Name => "permits conserved";

    /// <inheritdoc/>
    public Verdict Check(History history)
    {
        var count = 0;
        string? unclear = null;
        foreach (var (name, calls) in history.ByObject(CallKind.Semop, CallKind.SetValues, CallKind.GetValues))
        {
            var operations = calls.Where(call => call is { Call: CallKind.Semop, IsOk: true }).ToList();
            var end = calls.LastOrDefault(call => call is { Call: CallKind.GetValues, IsOk: true });
            if (end is null || operations.Exists(call => call.LatestAt > end.InvokedAt))
            {
                unclear ??= $"{name}: the values were not read at the end";
                continue;
            }

            var start = calls.FirstOrDefault(call => call.Call == CallKind.SetValues);
            var initial = Enumerable.Range(0, end.Values!.Count).Select(n => start?.Values![n] ?? 0).ToArray();
            for (var number = 0; number < initial.Length; number++)
            {
                var finding = AtTheEnd(number, initial[number], operations, end, history)
                    ?? Meanwhile(number, initial[number], operations, history);
                if (finding is not null) return Verdict.Broken(Name, finding);
            }

            count += operations.Count;
        }

        return unclear is null ? Verdict.Held(Name, $"{count} calls of semop add up") : Verdict.Unclear(Name, unclear);
    }

    private static Finding? AtTheEnd(
        int number, int initial, List<Operation> operations, Operation end, History history)
    {
        var net = operations.Sum(call => Amount(call, number, history.Ended.Contains(call.Client)));
        if (initial + net == end.Values![number]) return null;
        return new Finding(
            $"semaphore {number} began with {initial}, clients that live changed it by {net}, it ends with"
            + $" {end.Values[number]}",
            end);
    }

    // What is held from the return of its taking to the call of its release is surely taken.
    private static Finding? Meanwhile(int number, int initial, List<Operation> operations, History history)
    {
        var changes = new List<(long At, long Held, Operation Call)>();
        foreach (var call in operations.Where(call => !history.Ended.Contains(call.Client)))
        {
            var amount = Amount(call, number, false);
            if (amount < 0) changes.Add((call.ReturnedAt!.Value, -amount, call));
            if (amount > 0) changes.Add((call.InvokedAt, -amount, call));
        }

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

    private static long Amount(Operation call, int number, bool isUndone) => call.Semops!
        .Where(op => op.Number == number && !(isUndone && (op.Flags & Protocol.IpcFlags.SEM_UNDO) != 0))
        .Sum(op => (long)op.Amount);
}
