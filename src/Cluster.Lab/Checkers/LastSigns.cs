using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// When each process that ended is known to have lived. A call that it made was answered: a client hands out no answer
/// once its lease may have run out, so nobody had taken the process for dead when the call was made, and it had all
/// that it held. A refusal proves nothing: the client alone may have decided it.
/// </summary>
internal sealed class LastSigns
{
    private readonly IReadOnlySet<int> _ended;
    private readonly Dictionary<int, long> _lastInvoked = [];

    public LastSigns(History history)
    {
        _ended = history.Ended;
        foreach (var call in history.Operations.Where(call => call.IsOk && _ended.Contains(call.Client)))
        {
            // In the order of invocation. An exit may be a death, which nobody answered.
            if (call.Call != CallKind.Exit) _lastInvoked[call.Client] = call.InvokedAt;
        }
    }

    /// <summary>Until when the process surely lives: long.MaxValue if it does not end, long.MinValue if nothing is
    /// known.</summary>
    public long Of(int client) =>
        _ended.Contains(client) ? _lastInvoked.GetValueOrDefault(client, long.MinValue) : long.MaxValue;
}
