using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Calls that wait for the same thing are served in the order in which they parked. The order of two calls is known if
/// the first was seen parked before the second was made. For semop(2) the revisions show the order of service. For
/// msgrcv(2) the messages show it: the call that parked first receives the message that was sent first, unless that
/// message was hidden from it (<see cref="HidingReceives"/>). The revision does not show it there, because the queue
/// keeps a message for a receiver whose session is lost, and hands it over later.
/// <para>
/// A call is not compared if it was cancelled or timed out before the other one was served, or if its process ended.
/// The product passes over a caller whose session is lost for more than 5 s. So the outages of an experiment must be
/// shorter than that, and must not cover the time-out of a call that was seen parked: the checker takes the return of
/// such a call as the end of its wait.
/// </para>
/// </summary>
/// <param name="grace">See <see cref="LinearizabilityOptions.Grace"/>; null: 5 s.</param>
public sealed class ParkedInOrder(TimeSpan? grace = null) : IChecker
{
    public string Name => "parked in order";

    public Verdict Check(History history)
    {
        var queues = QueueCalls.Of(history).ToDictionary(
            queue => queue.Name,
            queue => new Sent(
                queue.Messages.ToDictionary(message => message.Send.Text!),
                new HidingReceives(queue, grace ?? TimeSpan.FromSeconds(5))));
        var count = 0;
        foreach (var group in history.Operations.Where(CanPark).GroupBy(WaitsFor))
        {
            var sent = queues.GetValueOrDefault(group.Key.Item1);
            var front = new Front(sent);
            var byTime = new Queue<Operation>(group
                .Where(call => call.ParkedAt is not null && WaitedToItsEnd(call, history))
                .OrderBy(call => call.ParkedAt));
            foreach (var second in group.Where(call => call.IsOk).OrderBy(call => call.InvokedAt))
            {
                while (byTime.TryPeek(out var next) && next.ParkedAt < second.InvokedAt) front.Add(byTime.Dequeue());
                if (!front.IsEmpty && second.ParkedAt is not null) count++;
                if (front.OvertakenBy(second) is not { } first) continue;
                var messages = new[] { first, second }.Select(call => sent?.Of(call)?.Send).OfType<Operation>();
                return Verdict.Broken(Name, new Finding(
                    $"client {second.Client} was served before client {first.Client}, which had parked before it",
                    [first, second, .. messages]));
            }
        }

        return Verdict.Held(Name, $"{count} callers were served after all that had parked before them");
    }

    private static bool CanPark(Operation call) => call is
        { Call: CallKind.Receive, NoWait: false } or { Call: CallKind.Semop, NoWait: false };

    private static (string, CallKind, long, string) WaitsFor(Operation call) => (
        call.Object, call.Call, call.Selector,
            string.Join(' ', (call.Semops ?? []).Select(op => $"{op.Number}:{op.Amount}")));

    // Whether the call is known to have waited until it was served, cancelled or timed out.
    private static bool WaitedToItsEnd(Operation call, History history) =>
        call.Outcome != Outcome.Unknown && !history.Ended.Contains(call.Client)
        && call is not { Outcome: Outcome.Refused, CancelledAt: null, Errno: not Errno.EINTR and not Errno.ETIMEDOUT
            and not Errno.EAGAIN };

    /// <summary>The messages of a queue, and the receives that may have hidden some.</summary>
    private sealed record Sent(Dictionary<string, QueueMessage> ByText, HidingReceives Hiding)
    {
        public QueueMessage? Of(Operation receive) => ByText.GetValueOrDefault(receive.Text ?? "");
    }

    /// <summary>
    /// The calls that parked so far, reduced to one of each sort: if any call of the sort is overtaken, this one is.
    /// </summary>
    private sealed class Front(Sent? sent)
    {
        private Operation? _unserved;
        private Operation? _endedLast;
        private Operation? _receivedLatest;
        private Operation? _served;

        public bool IsEmpty => (_unserved ?? _endedLast ?? _receivedLatest ?? _served) is null;

        public void Add(Operation call)
        {
            if (call.Outcome == Outcome.Pending)
                _unserved ??= call;
            else if (!call.IsOk)
                _endedLast = _endedLast is { } other && EndedAt(other) >= EndedAt(call) ? other : call;
            else if (call.Call == CallKind.Semop)
                _served = call.Revision > (_served?.Revision ?? 0) ? call : _served;
            else if (sent?.Of(call) is { } message)
                _receivedLatest = _receivedLatest is { } other && sent.Of(other)!.PutFrom >= message.PutFrom
                    ? other
                    : call;
        }

        public Operation? OvertakenBy(Operation second)
        {
            if (_unserved is not null) return _unserved;
            if (_endedLast is { } ended && second.LatestAt < EndedAt(ended)) return ended;
            if (_served is { } first && first != second && second.Revision > 0 && first.Revision >= second.Revision)
                return first;
            return _receivedLatest is { } received && IsEarlier(second, received) ? received : null;
        }

        private static long EndedAt(Operation call) => call.CancelledAt
            ?? (call.Errno is Errno.ETIMEDOUT or Errno.EAGAIN ? call.LatestAt : long.MinValue);

        // The message of the second was sent before that of the first, and was in the queue for the first.
        private bool IsEarlier(Operation second, Operation first) =>
            sent!.Of(second) is { } message && message.Send.LatestAt < sent.Of(first)!.PutFrom
            && !sent.Hiding.TryExplain(message, first.InvokedAt, first.LatestAt);
    }
}
