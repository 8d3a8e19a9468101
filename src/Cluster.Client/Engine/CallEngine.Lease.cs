using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>
/// Is the process still alive? A process that was out of touch for longer than its lease (stopped by a signal, on a
/// machine that slept) may have been ended, and its messages and locks given to others. Results that waited in its
/// sockets are in doubt: they are not handed out until the cluster says that the process still exists.
/// A process whose lease runs out while the cluster is silent is suspended: it says so at once, because others may get
/// what it holds.
/// </summary>
internal sealed partial class CallEngine
{
    private const int DoubtedBound = 4_096;

    /// <summary>
    /// So much before its lease ends here, the process is suspended: a timer may be late, and the lease ends in the
    /// cluster only a little later than here. A short lease gives a 20th.
    /// </summary>
    private const long SuspendEarlyMs = 500;

    private readonly Queue<(EngineStream Stream, TargetResults Results)> _doubted = new();
    private long _renewedMs;
    private long _suspendAtMs = Never;
    private bool _hasDropped;

    /// <summary>
    /// By the clock of this machine the lease has run out, and the cluster has not said since that the process lives.
    /// </summary>
    public bool IsSuspended { get; private set; }

    /// <summary>How often a lease has run out here, or a process has ended. What was held before is in doubt.</summary>
    public int Lapses { get; private set; }

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
        Suspend();
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
        RestartLease(nowMs);
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

    private void RestartLease(long nowMs)
    {
        if (Process is not { LeaseMs: > 0 } process)
            return;
        var endMs = _renewedMs + process.LeaseMs - Math.Min(SuspendEarlyMs, process.LeaseMs / 20);
        if (nowMs < endMs)
            (IsSuspended, _suspendAtMs) = (false, endMs);
    }

    private void Suspend()
    {
        if (IsSuspended)
            return;
        (IsSuspended, _suspendAtMs) = (true, Never);
        Lapses++;
    }

    private void EndLease()
    {
        (IsSuspended, _suspendAtMs) = (false, Never);
        Lapses++;
    }
}
