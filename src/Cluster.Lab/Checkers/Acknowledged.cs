using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Which results the cluster knows to have arrived. A process acknowledges a result with the next frame that it sends;
/// if it ends before, a message that it took goes back into the queue, as documented, and somebody else gets it too.
/// </summary>
internal sealed class Acknowledged
{
    private readonly IReadOnlySet<int> _ended;
    private readonly Dictionary<int, long> _lastInvoked = [];

    public Acknowledged(History history)
    {
        _ended = history.Ended;
        foreach (var call in history.Operations.Where(call => call.IsOk && _ended.Contains(call.Client)))
        {
            // In the order of invocation. An exit may be a death, which acknowledges nothing.
            if (call.Call != CallKind.Exit) _lastInvoked[call.Client] = call.InvokedAt;
        }
    }

    /// <summary>The process lives, or a call that it made afterwards was answered.</summary>
    public bool IsCertain(Operation call) =>
        !_ended.Contains(call.Client) || _lastInvoked.GetValueOrDefault(call.Client) > call.ReturnedAt;
}
