using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Whether a history of a first-in-first-out queue with unique values is linearizable, in O(n log n). After Henzinger,
/// Sezgin and Vafeiadis, "Aspect-Oriented Linearizability Proofs" (CONCUR 2013). The history must be complete; every
/// received message must have been sent, and none may be received twice. Such a history is linearizable unless
/// (order) a message was sent before another one, and was received after it or never, or
/// (witness) a receive found nothing although a message was certainly in the queue during the whole call.
/// A send of unknown outcome happened before the receive of its message. If nobody received the message, the send is
/// taken as one that never happened.
/// </summary>
internal static class FifoOrder
{
    /// <summary>The first violation that no hiding receive explains.</summary>
    public static Finding? Find(
        IReadOnlyCollection<QueueMessage> messages, IReadOnlyCollection<Operation> empties, HidingReceives? hiding)
    {
        var hidden = new HashSet<QueueMessage>(ReferenceEqualityComparer.Instance);
        return FindOvertaken(messages, hiding, hidden) ?? FindMissed(messages, empties, hiding, hidden);
    }

    private static Finding? FindOvertaken(
        IReadOnlyCollection<QueueMessage> messages, HidingReceives? hiding, HashSet<QueueMessage> hidden)
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
                if (hiding?.TryExplain(first, second.Receive!.InvokedAt, second.TakenBy) != true)
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

    private static Finding? FindMissed(
        IReadOnlyCollection<QueueMessage> messages,
        IReadOnlyCollection<Operation> empties,
        HidingReceives? hiding,
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
                var explained = there.Find(message =>
                    hiding?.TryExplain(message, empty.InvokedAt, empty.ReturnedAt!.Value) == true);
                if (explained is null)
                {
                    return new Finding(
                        "a receive found nothing although there was always something while it ran",
                        [empty, .. there.Take(5).SelectMany(message => message.Operations)]);
                }

                hidden.Add(explained);
                spans = Spans(messages, hidden);
            }
        }

        return null;
    }

    // The open intervals in which the queue certainly has a message.
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
