using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Receives that may have hidden a message from everybody else for a while, as documented: a process that died gives
/// back what it had taken, to its old place; for a blocked receiver that is out of touch its message is kept for 5 s.
/// One that saw its message, and died with it, excuses that one; each that is unknown one message; one that was under
/// way for so long, those of its time.
/// </summary>
internal sealed class Holders
{
    private readonly List<Operation> _long;
    private readonly Operation[] _unknown;
    private readonly Claim?[] _claims;
    private readonly bool _anyWentBack;

    public Holders(QueueCalls queue, TimeSpan grace)
    {
        var receives = queue.Calls.Where(call => call.Call == CallKind.Receive).ToList();
        _unknown = [.. receives.Where(call => call.IsOpen)];
        _claims = new Claim?[_unknown.Length];
        _long = [.. receives.Where(call => !call.IsOpen && !call.NoWait
            && call.ReturnedAt - call.InvokedAt >= grace.TotalMilliseconds * 1e6)];
        _anyWentBack = queue.Messages.Exists(message => message.WentBackFrom.Count > 0);
    }

    public bool None => _unknown.Length == 0 && _long.Count == 0 && !_anyWentBack;

    /// <summary>Whether one can have hidden this message at some time of these. It may be asked of one message again
    /// and again: what has excused it once does so for all times that it fits.</summary>
    public bool TryExcuse(QueueMessage message, long from, long until)
    {
        if (message.WentBackFrom.Any(call => call.InvokedAt <= until)) return true;
        if (_long.Exists(call => Fits(call, message, from, until))) return true;
        for (var i = 0; i < _unknown.Length; i++)
        {
            if (_claims[i] is not { } claim || claim.Message != message || !Fits(_unknown[i], message, from, until))
                continue;
            _claims[i] = new Claim(message, Math.Max(from, claim.From), Math.Min(until, claim.Until));
            return true;
        }

        return TryClaim(new Claim(message, from, until), new bool[_unknown.Length]);
    }

    // A matching: who has been excused may be so by another receive, if that leaves one for this message.
    private bool TryClaim(Claim claim, bool[] tried)
    {
        for (var i = 0; i < _unknown.Length; i++)
        {
            if (tried[i] || !Fits(_unknown[i], claim.Message, claim.From, claim.Until)) continue;
            tried[i] = true;
            if (_claims[i] is { } other && !TryClaim(other, tried)) continue;
            _claims[i] = claim;
            return true;
        }

        return false;
    }

    private static bool Fits(Operation call, QueueMessage message, long from, long until) =>
        QueueCalls.Selects(call.Selector, message.Type) && call.InvokedAt <= until && call.LatestAt >= from
        && message.Receive != call;

    private sealed record Claim(QueueMessage Message, long From, long Until);
}
