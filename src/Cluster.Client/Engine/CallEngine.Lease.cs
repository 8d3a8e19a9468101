using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>
/// Is the process still alive? A process that was out of touch for longer than its lease (stopped by a signal, on a
/// machine that slept) may have been ended, and its messages and locks given to others. Results that waited in its
/// sockets are in doubt: they are not handed out until the cluster says that the process still exists.
/// </summary>
internal sealed partial class CallEngine
{
    private const int DoubtedBound = 4_096;

    private readonly Queue<(EngineStream Stream, TargetResults Results)> _doubted = new();
    private long _renewedMs;
    private bool _hasDropped;

    /// <summary>
    /// The node restarts the lease when it reads a frame, so after the frame was written. Counted from the writing, the
    /// lease runs out here before it can run out in the cluster.
    /// </summary>
    private bool IsInDoubt(long nowMs) => Process is { LeaseMs: > 0 } process && nowMs - _renewedMs >= process.LeaseMs;

    /// <summary>
    /// Keeps results that are in doubt: neither handed out nor acknowledged. The frame that becomes due here asks
    /// whether the process still exists.
    /// </summary>
    private void Doubt(EngineStream stream, TargetResults results)
    {
        if (_doubted.Count < DoubtedBound)
            _doubted.Enqueue((stream, results));
        else
            _hasDropped = true;
        stream.SignDue = true;
        Wake(stream);
    }

    private void Renewed(long sentMs, long nowMs)
    {
        _renewedMs = Math.Max(_renewedMs, sentMs);
        if (IsInDoubt(nowMs))
            return;
        while (_doubted.TryDequeue(out var doubted))
            ReceiveResults(doubted.Stream, doubted.Results, nowMs);
        CompleteLocked();
        AdmitWaiting(nowMs);
        if (!_hasDropped)
            return;
        _hasDropped = false;
        foreach (var target in _targets.Values)
        {
            if (target.First is not null)
                Reroute(target, target.Stream);
        }
    }
}
