using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Whether a history of a first-in-first-out queue with unique values is linearizable, in O(n log n). After Henzinger,
/// Sezgin and Vafeiadis, "Aspect-Oriented Linearizability Proofs" (CONCUR 2013): a complete history in which nothing
/// comes that was not sent, and nothing twice, is linearizable unless
/// (order) some message was sent before another, and is taken after it or never, or
/// (witness) a receive found nothing although at every moment of it some message was surely there.
/// A send of unknown outcome whose message came happened before it came; one whose message did not come never happened.
/// </summary>
internal static class FifoOrder
{
    /// <summary>The first violation that no holder excuses.</summary>
    public static Finding? Find(
        IReadOnlyCollection<QueueMessage> messages, IReadOnlyCollection<Operation> empties, Holders? holders)
    {
        var hidden = new HashSet<QueueMessage>(ReferenceEqualityComparer.Instance);
        return Overtaken(messages, holders, hidden) ?? MissedAll(messages, empties, holders, hidden);
    }

    private static Finding? Overtaken(
        IReadOnlyCollection<QueueMessage> messages, Holders? holders, HashSet<QueueMessage> hidden)
    {
        var later = messages.Where(message => message.Receive is not null).OrderBy(message => message.PutFrom);
        var earlier = new Queue<QueueMessage>(messages.OrderBy(message => message.PutBy));
        var waiting = new PriorityQueue<QueueMessage, long>();
        foreach (var second in later)
        {
            while (earlier.TryPeek(out var next) && next.PutBy < second.PutFrom)
                waiting.Enqueue(earlier.Dequeue(), -next.TakenFrom);
            while (waiting.TryPeek(out var first, out _) && first.TakenFrom > second.TakenBy)
            {
                if (holders?.TryExcuse(first, second.Receive!.InvokedAt, second.TakenBy) != true)
                {
                    var end = first.Receive is null ? "is never received" : "is received after it";
                    return new Finding(
                        $"\"{first.Send.Text}\" was sent before \"{second.Send.Text}\" and {end}",
                        [.. first.Operations, .. second.Operations]);
                }

                hidden.Add(waiting.Dequeue());
            }
        }

        return null;
    }

    private static Finding? MissedAll(
        IReadOnlyCollection<QueueMessage> messages,
        IReadOnlyCollection<Operation> empties,
        Holders? holders,
        HashSet<QueueMessage> hidden)
    {
        if (empties.Count == 0) return null;
        var spans = Spans(messages, hidden);
        foreach (var empty in empties.OrderBy(call => call.InvokedAt))
        {
            while (Covering(spans, empty) is { } span)
            {
                var there = messages.Where(message => !hidden.Contains(message) && message.PutBy < message.TakenFrom
                    && message.PutBy < empty.ReturnedAt && message.TakenFrom > empty.InvokedAt).ToList();
                var excused = there.Find(message =>
                    holders?.TryExcuse(message, empty.InvokedAt, empty.ReturnedAt!.Value) == true);
                if (excused is null)
                {
                    return new Finding(
                        "a receive found nothing although there was always something while it ran",
                        [empty, .. there.Take(5).SelectMany(message => message.Operations)]);
                }

                hidden.Add(excused);
                spans = Spans(messages, hidden);
            }
        }

        return null;
    }

    // The open intervals at which the queue is surely not empty.
    private static List<(long From, long To)> Spans(
        IReadOnlyCollection<QueueMessage> messages, HashSet<QueueMessage> hidden)
    {
        var spans = new List<(long From, long To)>();
        foreach (var message in messages.OrderBy(message => message.PutBy))
        {
            if (message.PutBy >= message.TakenFrom || hidden.Contains(message)) continue;
            if (spans.Count > 0 && message.PutBy < spans[^1].To)
                spans[^1] = (spans[^1].From, Math.Max(spans[^1].To, message.TakenFrom));
            else
                spans.Add((message.PutBy, message.TakenFrom));
        }

        return spans;
    }

    private static (long From, long To)? Covering(List<(long From, long To)> spans, Operation empty)
    {
        var found = spans.BinarySearch((empty.InvokedAt, long.MinValue));
        var index = (found >= 0 ? found : ~found) - 1;
        if (index < 0) return null;
        var span = spans[index];
        return span.From < empty.InvokedAt && empty.ReturnedAt < span.To ? span : null;
    }
}
