using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Whether receives that take the lowest type (mq_receive(3), and msgrcv(2) with a negative type) ever took a message
/// although one of a lower type was certainly in the queue during the whole call: sent before the receive was made, and
/// received after it, or never. O(n log n) for each pair of types.
/// </summary>
internal static class PriorityOrder
{
    /// <summary>The first message that was overtaken, which no hiding receive explains.</summary>
    public static Finding? Find(IReadOnlyCollection<QueueMessage> messages, HidingReceives hiding)
    {
        var types = messages.GroupBy(message => message.Type).OrderBy(group => group.Key).ToArray();
        for (var lower = 0; lower < types.Length; lower++)
        {
            for (var higher = lower + 1; higher < types.Length; higher++)
            {
                if (Find(types[lower], types[higher], hiding) is { } finding) return finding;
            }
        }

        return null;
    }

    private static Finding? Find(
        IEnumerable<QueueMessage> firsts, IEnumerable<QueueMessage> seconds, HidingReceives hiding)
    {
        var coming = new Queue<QueueMessage>(firsts.OrderBy(message => message.PutBy));
        var there = new PriorityQueue<QueueMessage, long>();
        var taken = seconds.Where(message => message.Receive is { Selector: < 0 })
            .OrderBy(message => message.Receive!.InvokedAt);
        foreach (var second in taken)
        {
            while (coming.TryPeek(out var next) && next.PutBy < second.Receive!.InvokedAt)
                there.Enqueue(coming.Dequeue(), -next.TakenFrom);
            while (there.TryPeek(out var first, out _) && first.TakenFrom > second.TakenBy)
            {
                if (!QueueCalls.Selects(second.Receive!.Selector, first.Type)
                    || hiding.TryExplain(first, second.Receive.InvokedAt, second.TakenBy))
                {
                    there.Dequeue();
                    continue;
                }

                return new Finding(
                    $"\"{first.Send.Text}\" was there, and \"{second.Send.Text}\" of a lower priority was taken",
                    [.. first.Operations, .. second.Operations]);
            }
        }

        return null;
    }
}
