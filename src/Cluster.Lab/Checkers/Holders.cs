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
    private readonly List<Operation> _unknown;
    private readonly List<Operation> _long;
    private readonly bool _anyWentBack;

    public Holders(QueueCalls queue, TimeSpan grace)
    {
        var receives = queue.Calls.Where(call => call is { Call: CallKind.Receive, NoWait: false }).ToList();
        _unknown = [.. queue.Calls.Where(call => call.Call == CallKind.Receive && call.IsOpen)];
        _long = [.. receives.Where(call => !call.IsOpen
            && call.ReturnedAt - call.InvokedAt >= grace.TotalMilliseconds * 1e6)];
        _anyWentBack = queue.Messages.Exists(message => message.WentBackFrom.Count > 0);
    }

    public bool None => _unknown.Count == 0 && _long.Count == 0 && !_anyWentBack;

    /// <summary>Whether one can have hidden this message until then.</summary>
    public bool TryExcuse(QueueMessage message, long from, long until)
    {
        if (message.WentBackFrom.Any(call => call.InvokedAt <= until)) return true;
        if (_long.Exists(call => Fits(call, message, until) && call.ReturnedAt >= from)) return true;
        var index = _unknown.FindIndex(call => Fits(call, message, until));
        if (index < 0) return false;
        _unknown.RemoveAt(index);
        return true;
    }

    private static bool Fits(Operation call, QueueMessage message, long until) =>
        QueueCalls.Selects(call.Selector, message.Type) && call.InvokedAt <= until && message.Receive != call;
}
