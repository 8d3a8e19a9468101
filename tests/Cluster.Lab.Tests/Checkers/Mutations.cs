using Cluster.Lab.Histories;

namespace Cluster.Lab.Tests.Checkers;

/// <summary>Changes to a history, at an index that a number chooses; null: there is no such index.</summary>
internal static class Mutations
{
    public static History? SwapTexts(History history, int place)
    {
        var (list, places) = Find(history, call => call is { Call: CallKind.Receive, IsOk: true });
        if (places.Count < 2) return null;
        var at = place % (places.Count - 1);
        var (first, second) = (list[places[at]], list[places[at + 1]]);
        list[places[at]] = first with { Text = second.Text, Type = second.Type };
        list[places[at + 1]] = second with { Text = first.Text, Type = first.Type };
        return new History(list);
    }

    // Only if a later message was received: the last ones may still be in the queue.
    public static History? DropReceive(History history, int place)
    {
        var (list, places) = Find(history, call => call is { Call: CallKind.Receive, IsOk: true });
        if (places.Count < 2) return null;
        list.RemoveAt(places[place % (places.Count - 1)]);
        return new History(list);
    }

    public static History? DropSend(History history, int place)
    {
        var received = history.Operations.Where(call => call is { Call: CallKind.Receive, IsOk: true })
            .Select(call => call.Text).ToHashSet();
        var (list, places) = Find(history, call => call.Call == CallKind.Send && received.Contains(call.Text));
        if (places.Count == 0) return null;
        list.RemoveAt(places[place % places.Count]);
        return new History(list);
    }

    public static History? Duplicate(History history, int place)
    {
        var (list, places) = Find(history, call => call is { Call: CallKind.Receive, IsOk: true });
        if (places.Count == 0) return null;
        var last = list[^1].ReturnedAt!.Value;
        list.Add(list[places[place % places.Count]] with { InvokedAt = last + 1, ReturnedAt = last + 2, Revision = 0 });
        return new History(list);
    }

    public static History? OtherWord(History history, int place)
    {
        var (list, places) = Find(history, call => call.IsOk);
        var at = places[place % places.Count];
        list[at] = list[at] with { Result = list[at].Result ^ 4 };
        return new History(list);
    }

    public static History? SwapWords(History history, int place)
    {
        var (list, places) = Find(history, call => call.IsOk);
        var at = place % (places.Count - 1);
        var (first, second) = (list[places[at]], list[places[at + 1]]);
        if (first.Result == second.Result) return null;
        list[places[at]] = first with { Result = second.Result };
        list[places[at + 1]] = second with { Result = first.Result };
        return new History(list);
    }

    // A released lock must have been taken. No later call depends on the last calls.
    public static History? DropSemop(History history, int place)
    {
        var (list, places) = Find(history, call => call is { Call: CallKind.Semop, IsOk: true });
        if (places.Count < 3) return null;
        var at = place % (places.Count - 2);
        if (list[places[at]].Semops!.Count == 1) return null;
        list.RemoveAt(places[at]);
        return new History(list);
    }

    public static History? SwapRevisions(History history, int place)
    {
        var (list, places) = Find(history, call => call.Revision > 0);
        if (places.Count < 2) return null;
        var at = place % (places.Count - 1);
        var (first, second) = (list[places[at]], list[places[at + 1]]);
        list[places[at]] = first with { Revision = second.Revision };
        list[places[at + 1]] = second with { Revision = first.Revision };
        return new History(list);
    }

    /// <summary>Moves a call in time.</summary>
    public static History Shift(History history, int place)
    {
        var list = history.Operations.ToList();
        if (list.Count == 0) return history;
        var at = place % list.Count;
        var by = place / list.Count % 120 - 60;
        list[at] = list[at] with { InvokedAt = list[at].InvokedAt + by, ReturnedAt = list[at].ReturnedAt + by };
        return new History(list);
    }

    private static (List<Operation> List, List<int> Places) Find(History history, Func<Operation, bool> fits)
    {
        var list = history.Operations.ToList();
        return (list, [.. Enumerable.Range(0, list.Count).Where(index => fits(list[index]))]);
    }
}
