using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// The last time at which each ended process certainly lived: the invocation of its last successful call. A client
/// hands out no result once its lease may have run out, so the process still had its locks and permits when it made
/// that call. A refused call proves nothing, because the client alone may have refused it.
/// </summary>
internal sealed class LastKnownAlive
{
    private readonly IReadOnlySet<int> _ended;
    private readonly Dictionary<int, long> _lastInvoked = [];

    public LastKnownAlive(History history)
    {
        _ended = history.Ended;
        foreach (var call in history.Operations.Where(call => call.IsOk && _ended.Contains(call.Client)))
        {
            // In the order of invocation. An exit has no answer if the process was killed.
            if (call.Call != CallKind.Exit) _lastInvoked[call.Client] = call.InvokedAt;
        }
    }

    /// <summary>
    /// The last time, ns, at which a process certainly lived; long.MaxValue: it did not end; long.MinValue: not known.
    /// </summary>
    public long Of(int client) =>
        _ended.Contains(client) ? _lastInvoked.GetValueOrDefault(client, long.MinValue) : long.MaxValue;
}
