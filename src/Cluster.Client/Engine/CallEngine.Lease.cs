using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>
/// Is the process still alive? One that was out of touch for longer than its lease (stopped by a signal, a machine
/// asleep) may have been taken for dead, and what it carried may have gone to others. Results that lay in its sockets
/// meanwhile are worth nothing until the cluster says that the process lived on.
/// </summary>
internal sealed partial class CallEngine
{
    private const int HeldBound = 4_096;

    private readonly Queue<(EngineStream Stream, TargetResults Results)> _doubted = new();
    private long _renewedMs;
    private bool _letGo;

    /// <summary>
    /// The lease ran anew at some time after the frame was written, on whichever machine: counted from the writing, it
    /// has run out here before it can have run out there.
    /// </summary>
    private bool IsInDoubt(long nowMs) => Process is { LeaseMs: > 0 } process && nowMs - _renewedMs >= process.LeaseMs;

    /// <summary>
    /// Neither handed out nor acknowledged. The frame that this makes due asks whether the process lives.
    /// </summary>
    private void Hold(EngineStream stream, TargetResults results)
    {
        if (_doubted.Count < HeldBound)
            _doubted.Enqueue((stream, results));
        else
            _letGo = true;
        stream.SignDue = true;
        Wake(stream);
    }

    private void Renewed(long sentMs, long nowMs)
    {
        _renewedMs = Math.Max(_renewedMs, sentMs);
        if (IsInDoubt(nowMs))
            return;
        while (_doubted.TryDequeue(out var held))
            ReceiveResults(held.Stream, held.Results, nowMs);
        SettleInherited();
        AdmitWaiting(nowMs);
        if (!_letGo)
            return;
        _letGo = false;
        foreach (var target in _targets.Values)
        {
            if (target.First is not null)
                Move(target, target.Stream);
        }
    }
}
