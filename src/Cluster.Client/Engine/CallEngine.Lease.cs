namespace Cluster.Client.Engine;

/// <summary>
/// Is the process still alive? One that was out of touch for longer than its lease (stopped by a signal, a machine
/// asleep) may have been taken for dead, and what it carried may have gone to others. Results that lay in its sockets
/// meanwhile are worth nothing until the cluster says that the process lived on.
/// </summary>
internal sealed partial class CallEngine
{
    private long _renewedMs;
    private bool _doubted;

    /// <summary>
    /// The lease ran anew at some time after the frame was written, on whichever machine: counted from the writing, it
    /// has run out here before it can have run out there.
    /// </summary>
    private bool IsInDoubt(long nowMs) => Process is { LeaseMs: > 0 } process && nowMs - _renewedMs >= process.LeaseMs;

    /// <summary>The answer to the frame that this makes due says whether the process lives.</summary>
    private void Doubt(EngineStream stream)
    {
        _doubted = true;
        stream.SignDue = true;
        Wake(stream);
    }

    private void Renewed(long sentMs, long nowMs)
    {
        _renewedMs = Math.Max(_renewedMs, sentMs);
        if (!_doubted || IsInDoubt(nowMs))
            return;
        _doubted = false;
        foreach (var target in _targets.Values)
        {
            if (target.First is not null)
                Move(target, target.Stream);
        }
    }
}
