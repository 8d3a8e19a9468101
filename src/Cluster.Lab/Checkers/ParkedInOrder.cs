using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Callers that wait for the same in a known order - one was seen parked before the other was made - are served in that
/// order. Of semop(2) the revisions say it. Of msgrcv(2) what they got does: who waited longer got what was sent
/// earlier, unless that was hidden from it (<see cref="Holders"/>). (The revision would not do: for a receiver that is
/// out of touch its message is kept, and handed over when it is back.) A caller that was cancelled before the other was
/// served, whose time was up by then, or whose process died, has left the line. One that was out of touch for more than
/// 5 s is passed over as documented; an experiment has to keep its outages shorter, and none at the time-out of a
/// caller that was seen parked: its time is taken to be up when it is told so.
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
                new Holders(queue, grace ?? TimeSpan.FromSeconds(5))));
        var count = 0;
        foreach (var line in history.Operations.Where(CanPark).GroupBy(Line))
        {
            var sent = queues.GetValueOrDefault(line.Key.Item1);
            var front = new Front(sent);
            var byTime = new Queue<Operation>(line
                .Where(call => call.ParkedAt is not null && IsInLine(call, history)).OrderBy(call => call.ParkedAt));
            foreach (var second in line.Where(call => call.IsOk).OrderBy(call => call.InvokedAt))
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

    private static (string, CallKind, long, string) Line(Operation call) => (
        call.Object, call.Call, call.Selector,
            string.Join(' ', (call.Semops ?? []).Select(op => $"{op.Number}:{op.Amount}")));

    // Whether it is known to have waited until it was served, or left.
    private static bool IsInLine(Operation call, History history) =>
        call.Outcome != Outcome.Unknown && !history.Ended.Contains(call.Client)
        && call is not { Outcome: Outcome.Refused, CancelledAt: null, Errno: not Errno.EINTR and not Errno.ETIMEDOUT
            and not Errno.EAGAIN };

    /// <summary>The messages of a queue, and who may have hidden some.</summary>
    private sealed record Sent(Dictionary<string, QueueMessage> ByText, Holders Holders)
    {
        public QueueMessage? Of(Operation receive) => ByText.GetValueOrDefault(receive.Text ?? "");
    }

    /// <summary>Of all that have parked so far the one of each sort that is overtaken if any is.</summary>
    private sealed class Front(Sent? sent)
    {
        private Operation? _unserved;
        private Operation? _leftLast;
        private Operation? _gotLatest;
        private Operation? _served;

        public bool IsEmpty => (_unserved ?? _leftLast ?? _gotLatest ?? _served) is null;

        public void Add(Operation call)
        {
            if (call.Outcome == Outcome.Pending)
                _unserved ??= call;
            else if (!call.IsOk)
                _leftLast = _leftLast is { } other && LeftAt(other) >= LeftAt(call) ? other : call;
            else if (call.Call == CallKind.Semop)
                _served = call.Revision > (_served?.Revision ?? 0) ? call : _served;
            else if (sent?.Of(call) is { } message)
                _gotLatest = _gotLatest is { } other && sent.Of(other)!.PutFrom >= message.PutFrom ? other : call;
        }

        public Operation? OvertakenBy(Operation second)
        {
            if (_unserved is not null) return _unserved;
            if (_leftLast is { } left && second.LatestAt < LeftAt(left)) return left;
            if (_served is { } first && first != second && second.Revision > 0 && first.Revision >= second.Revision)
                return first;
            return _gotLatest is { } got && IsEarlier(second, got) ? got : null;
        }

        private static long LeftAt(Operation call) => call.CancelledAt
            ?? (call.Errno is Errno.ETIMEDOUT or Errno.EAGAIN ? call.LatestAt : long.MinValue);

        // What the second got was sent before, and was there for the first.
        private bool IsEarlier(Operation second, Operation first) =>
            sent!.Of(second) is { } message && message.Send.LatestAt < sent.Of(first)!.PutFrom
            && !sent.Holders.TryExcuse(message, first.InvokedAt, first.LatestAt);
    }
}
