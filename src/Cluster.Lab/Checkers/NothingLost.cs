using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Each acknowledged message is received, by a client or by the drain at the end. A queue is drained of a type if a
/// receive of that type found nothing after all sends had ended. A queue that was not drained is undecided.
/// </summary>
public sealed class NothingLost : IChecker
{
    public string Name => "nothing lost";

    public Verdict Check(History history)
    {
        var count = 0;
        string? undrained = null;
        foreach (var queue in QueueCalls.Of(history))
        {
            var missing = queue.Messages.Find(message => message.Send.IsOk && message.Receive is null);
            count += queue.Messages.Count;
            var lastSent = queue.Calls.Where(call => call is { Call: CallKind.Send, IsOk: true })
                .Select(call => call.LatestAt).DefaultIfEmpty(long.MinValue).Max();
            var found = queue.Empties.LastOrDefault(call => missing is not null && call.NoWait
                && call.InvokedAt > lastSent && QueueCalls.Selects(call.Selector, missing.Type));
            if (missing is not null && found is not null)
            {
                return Verdict.Broken(Name, new Finding(
                    $"\"{missing.Send.Text}\" was acknowledged and never received, and the queue is empty",
                    missing.Send, found));
            }

            if (missing is not null) undrained ??= queue.Name;
        }

        return undrained is null
            ? Verdict.Held(Name, $"{count} messages were received")
            : Verdict.Unclear(Name, $"{undrained} was not drained");
    }
}
