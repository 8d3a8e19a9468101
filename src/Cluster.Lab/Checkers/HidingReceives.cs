using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// The receives on one queue that may have hidden a message from all other receives for a while. Two rules of the
/// product allow that. A message that a process received and did not acknowledge goes back to its old place when the
/// process ends. And the queue keeps a message for 5 s for a blocked receiver whose session is lost.
/// <para>
/// A receive whose process ended with a known message explains that message. A receive of unknown outcome explains one
/// message. A receive that was under way for 5 s or longer explains one message for each 5 s that began. A receive that
/// timed out earlier explains one message that was sent during its wait: the queue may have kept it until the time-out. So
/// does one that took the lowest type: the queue may have kept a message for it until one of a lower type arrived.
/// </para>
/// </summary>
internal sealed class HidingReceives
{
    private readonly Operation[] _receives; // each as often as the number of messages that it explains
    private readonly Match?[] _matches;
    private readonly bool _anyWentBack;
    private readonly double _graceNs;

    public HidingReceives(QueueCalls queue, TimeSpan grace)
    {
        _graceNs = grace.TotalMilliseconds * 1e6;
        _receives = [.. queue.Calls.Where(call => call.Call == CallKind.Receive)
            .SelectMany(call => Enumerable.Repeat(call, Times(call)))];
        _matches = new Match?[_receives.Length];
        _anyWentBack = queue.Messages.Exists(message => message.WentBackFrom.Count > 0);
    }

    /// <summary>
    /// Whether no receive can have hidden a message, as far as a failure shows. A receive that took the lowest type hides
    /// one only if its session was lost, which does not show; it counts as an explanation and not as a failure.
    /// </summary>
    public bool IsEmpty => !_anyWentBack && Array.TrueForAll(_receives, IsChoice);

    /// <summary>
    /// Whether a receive can have hidden this message at some time in an interval. A receive that explained a message
    /// before explains it again in every other interval that fits.
    /// </summary>
    public bool TryExplain(QueueMessage message, long from, long until)
    {
        if (message.WentBackFrom.Any(call => call.InvokedAt <= until)) return true;
        for (var i = 0; i < _receives.Length; i++)
        {
            if (_matches[i] is not { } match || match.Message != message || !Fits(_receives[i], message, from, until))
                continue;
            _matches[i] = new Match(message, Math.Max(from, match.From), Math.Min(until, match.Until));
            return true;
        }

        return TryMatch(new Match(message, from, until), new bool[_receives.Length]);
    }

    // Augments a bipartite matching: another message may change to another receive, so that this one gets its receive.
    private bool TryMatch(Match match, bool[] tried)
    {
        for (var i = 0; i < _receives.Length; i++)
        {
            if (tried[i] || !Fits(_receives[i], match.Message, match.From, match.Until)) continue;
            tried[i] = true;
            if (_matches[i] is { } other && !TryMatch(other, tried)) continue;
            _matches[i] = match;
            return true;
        }

        return false;
    }

    private int Times(Operation call)
    {
        if (call.IsOpen || IsShort(call)) return 1;
        var times = (call.ReturnedAt!.Value - call.InvokedAt) / _graceNs;
        return call.NoWait || times < 1 ? 0 : (int)Math.Ceiling(times);
    }

    private bool IsShort(Operation call) => call.ReturnedAt - call.InvokedAt < _graceNs
        && (Refusals.IsTimeOut(call) || IsChoice(call));

    private bool IsChoice(Operation call) =>
        call is { IsOk: true, NoWait: false, Selector: < 0 } && call.ReturnedAt - call.InvokedAt < _graceNs;

    private bool Fits(Operation call, QueueMessage message, long from, long until) =>
        QueueCalls.Selects(call.Selector, message.Type) && call.InvokedAt <= until && call.LatestAt >= from
        && message.Receive != call && (!IsShort(call) || WasSentMeanwhile(message, call));

    // The receive would have taken a message that was in the queue before it.
    private static bool WasSentMeanwhile(QueueMessage message, Operation call) =>
        message.PutBy >= call.InvokedAt && message.PutFrom <= call.LatestAt;

    private sealed record Match(QueueMessage Message, long From, long Until);
}
