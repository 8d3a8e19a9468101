using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Receivers of one selector receive messages of one type in the order of their sends. The order of two sends is known
/// if the first returned before the second was made, or if one client made both.
/// </summary>
/// <param name="grace">See <see cref="LinearizabilityOptions.Grace"/>; null: 5 s.</param>
public sealed class Fifo(TimeSpan? grace = null) : IChecker
{
    public string Name => "fifo";

    public Verdict Check(History history)
    {
        var checkedMessages = 0;
        foreach (var queue in QueueCalls.Of(history))
        {
            var hiding = new HidingReceives(queue, grace ?? TimeSpan.FromSeconds(5));
            var received = queue.Messages.Where(message => message.Receive is not null).ToList();
            checkedMessages += received.Count;
            foreach (var group in received.GroupBy(message => (message.Type, message.Receive!.Selector)))
            {
                var finding = FifoOrder.Find([.. group], [], hiding) ?? OfOneSender(group, hiding);
                if (finding is not null) return Verdict.Broken(Name, finding);
            }
        }

        return Verdict.Held(Name, $"{checkedMessages} messages came in order");
    }

    // The calls of one client on one object reach it in the order in which the client made them, even without an await.
    private static Finding? OfOneSender(IEnumerable<QueueMessage> group, HidingReceives hiding)
    {
        foreach (var sender in group.GroupBy(message => message.Send.Client))
        {
            QueueMessage? last = null;
            foreach (var message in sender.OrderBy(message => message.PutFrom))
            {
                if (last is not null && message.TakenBy < last.TakenFrom && message.PutFrom > last.PutFrom
                    && !hiding.TryExplain(last, message.Receive!.InvokedAt, message.TakenBy))
                {
                    return new Finding(
                        $"client {sender.Key} sent \"{last.Send.Text}\" first, and \"{message.Send.Text}\" came first",
                        [.. last.Operations, .. message.Operations]);
                }

                if (last is null || message.TakenFrom > last.TakenFrom) last = message;
            }
        }

        return null;
    }
}
