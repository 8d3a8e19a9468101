using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Messages of one type that were sent one after another - the one send returned before the other was made, or one
/// client made them in this order - are not received by receivers of one selector in the other order.
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
            var holders = new Holders(queue, grace ?? TimeSpan.FromSeconds(5));
            var received = queue.Messages.Where(message => message.Receive is not null).ToList();
            checkedMessages += received.Count;
            foreach (var line in received.GroupBy(message => (message.Type, message.Receive!.Selector)))
            {
                var finding = FifoOrder.Find([.. line], [], holders) ?? OfOneSender(line, holders);
                if (finding is not null) return Verdict.Broken(Name, finding);
            }
        }

        return Verdict.Held(Name, $"{checkedMessages} messages came in order");
    }

    // Calls of one client on one object reach it in the order in which they were made, even if none was awaited.
    private static Finding? OfOneSender(IEnumerable<QueueMessage> line, Holders holders)
    {
        foreach (var sender in line.GroupBy(message => message.Send.Client))
        {
            QueueMessage? last = null;
            foreach (var message in sender.OrderBy(message => message.PutFrom))
            {
                if (last is not null && message.TakenBy < last.TakenFrom && message.PutFrom > last.PutFrom
                    && !holders.TryExcuse(last, message.Receive!.InvokedAt, message.TakenBy))
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
