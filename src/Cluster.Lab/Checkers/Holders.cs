using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Receives that may have hidden a message from everybody else for a while, as documented: a process that died gives
/// back what it had taken, to its old place; for a blocked receiver that is out of touch its message is kept for 5 s.
/// One that saw its message, and died with it, excuses that one; each that is unknown one message; one that was under
/// way for so long, one message for each time of 5 s that has begun: only the last may have been kept for less. What
/// was kept for one whose time was up first goes on then, so a shorter one that timed out excuses one message that was
/// sent during its wait.
/// </summary>
internal sealed class Holders
{
    private readonly Operation[] _receives; // each as often as it excuses
    private readonly Claim?[] _claims;
    private readonly bool _anyWentBack;
    private readonly double _graceNs;

    public Holders(QueueCalls queue, TimeSpan grace)
    {
        _graceNs = grace.TotalMilliseconds * 1e6;
        _receives = [.. queue.Calls.Where(call => call.Call == CallKind.Receive)
            .SelectMany(call => Enumerable.Repeat(call, Times(call)))];
        _claims = new Claim?[_receives.Length];
        _anyWentBack = queue.Messages.Exists(message => message.WentBackFrom.Count > 0);
    }

    public bool None => _receives.Length == 0 && !_anyWentBack;

    /// <summary>Whether one can have hidden this message at some time of these. It may be asked of one message again
    /// and again: what has excused it once does so for all times that it fits.</summary>
    public bool TryExcuse(QueueMessage message, long from, long until)
    {
        if (message.WentBackFrom.Any(call => call.InvokedAt <= until)) return true;
        for (var i = 0; i < _receives.Length; i++)
        {
            if (_claims[i] is not { } claim || claim.Message != message || !Fits(_receives[i], message, from, until))
                continue;
            _claims[i] = new Claim(message, Math.Max(from, claim.From), Math.Min(until, claim.Until));
            return true;
        }

        return TryClaim(new Claim(message, from, until), new bool[_receives.Length]);
    }

    // A matching: who has been excused may be so by another receive, if that leaves one for this message.
    private bool TryClaim(Claim claim, bool[] tried)
    {
        for (var i = 0; i < _receives.Length; i++)
        {
            if (tried[i] || !Fits(_receives[i], claim.Message, claim.From, claim.Until)) continue;
            tried[i] = true;
            if (_claims[i] is { } other && !TryClaim(other, tried)) continue;
            _claims[i] = claim;
            return true;
        }

        return false;
    }

    private int Times(Operation call)
    {
        if (call.IsOpen || IsShortTimeOut(call)) return 1;
        var times = (call.ReturnedAt!.Value - call.InvokedAt) / _graceNs;
        return call.NoWait || times < 1 ? 0 : (int)Math.Ceiling(times);
    }

    private bool IsShortTimeOut(Operation call) =>
        Refusals.IsTimeOut(call) && call.ReturnedAt - call.InvokedAt < _graceNs;

    private bool Fits(Operation call, QueueMessage message, long from, long until) =>
        QueueCalls.Selects(call.Selector, message.Type) && call.InvokedAt <= until && call.LatestAt >= from
        && message.Receive != call && (!IsShortTimeOut(call) || CameMeanwhile(message, call));

    // What was there before, the receive would have taken.
    private static bool CameMeanwhile(QueueMessage message, Operation call) =>
        message.PutBy >= call.InvokedAt && message.PutFrom <= call.LatestAt;

    private sealed record Claim(QueueMessage Message, long From, long Until);
}
