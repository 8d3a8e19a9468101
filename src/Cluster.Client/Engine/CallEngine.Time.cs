using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>What happens because time passes.</summary>
internal sealed partial class CallEngine
{
    private const long Never = long.MaxValue;

    private readonly Queue<EngineTarget> _untold = new();
    private long _sweepAtMs = Never;

    /// <summary>When <see cref="Tick"/> is needed next; <see cref="long.MaxValue"/>: not at all.</summary>
    public long NextDueMs
    {
        get
        {
            var dueMs = Math.Min(Math.Min(_sweepAtMs, _retryAtMs), Math.Min(_closeSendAtMs, _giveUpAtMs));
            dueMs = Math.Min(dueMs, _suspendAtMs);
            if (_untold.TryPeek(out var target))
                dueMs = Math.Min(dueMs, target.AckDueMs);
            return dueMs;
        }
    }

    /// <summary>Lets time pass.</summary>
    public void Tick(long nowMs)
    {
        if (State is EngineState.Closed or EngineState.Failed)
            return;
        if (nowMs >= _suspendAtMs)
            Suspend();
        TellAcks(nowMs);
        if (nowMs >= _retryAtMs)
            Retry(nowMs);
        if (nowMs >= _sweepAtMs)
            Sweep(nowMs);
        TickClose(nowMs);
    }

    private void AwaitAck(EngineTarget target, long nowMs)
    {
        target.UntoldSinceMs = nowMs;
        if (target.InAckQueue)
            return;
        target.InAckQueue = true;
        target.AckDueMs = nowMs + _settings.AckDelayMs;
        _untold.Enqueue(target);
    }

    /// <summary>
    /// Acknowledges results in a frame without calls, if no call has taken the acknowledgement along.
    /// </summary>
    private void TellAcks(long nowMs)
    {
        while (_untold.TryPeek(out var target) && target.AckDueMs <= nowMs)
        {
            _untold.Dequeue();
            target.InAckQueue = false;
            if (target.UntoldSinceMs < 0)
                continue;
            var dueMs = target.UntoldSinceMs + _settings.AckDelayMs;
            if (dueMs > nowMs)
            {
                target.InAckQueue = true;
                target.AckDueMs = dueMs;
                _untold.Enqueue(target);
                continue;
            }

            target.UntoldSinceMs = -1;
            target.AckNow = target.HasUnacknowledged;
            if (target.AckNow)
                MarkReady(target);
        }
    }

    private void SweepSoon(long nowMs)
    {
        var atMs = nowMs
            + (HasWaiting || nowMs < _resendingUntilMs ? Math.Min(_settings.BusySweepMs, SweepEveryMs) : SweepEveryMs);
        if (atMs < _sweepAtMs)
            _sweepAtMs = atMs;
    }

    /// <summary>How long a stream may be silent before an empty frame shows that the process lives.</summary>
    private long SignMs => (Process?.LeaseMs > 0 ? Process.LeaseMs : 30_000) / 3;

    private long SweepEveryMs => Math.Clamp(SignMs / 4, 1, _settings.SweepMs);

    /// <summary>Whether calls wait here that may time out before they can be sent.</summary>
    private bool HasWaiting =>
        _default is null || _waitingForWindow.First is not null || _waitingOthers.First is not null;

    private void Sweep(long nowMs)
    {
        _sweepAtMs = Never;
        SweepStreams(nowMs);
        if (State is EngineState.Failed or EngineState.Closed)
            return;
        if (HasWaiting)
            ExpireUnsent(nowMs);
        SweepTargets(nowMs);
        SweepSoon(nowMs);
    }

    private void SweepStreams(long nowMs)
    {
        for (var i = _streams.Count - 1; i >= 0 && i < _streams.Count; i--)
        {
            var stream = _streams[i];
            if (!stream.IsUp && nowMs - stream.RequestedMs >= PatienceMs(stream))
            {
                var reason = stream.Phase != StreamPhase.Greeted ? "no answer"
                    : stream.HasGateway ? "the node did not let the process in" : EngineStream.NoGateway;
                End(stream, reason, retryNow: false, nowMs);
            }
            else if (stream.IsUp && nowMs - stream.LastWriteMs + SweepEveryMs >= SignMs)
            {
                stream.SignDue = true;
                Wake(stream);
            }
        }

        var hedges = _default is null && Process is not null && _streams.Count is > 0 and < 3;
        if (hedges && _streams.TrueForAll(stream => nowMs - stream.RequestedMs >= _settings.HedgeMs))
            Retry(nowMs);
    }

    private long PatienceMs(EngineStream stream) =>
        Process is null && stream.HasGateway && stream.Phase == StreamPhase.Greeted
        ? _settings.AdmissionTimeoutMs
        : _settings.ConnectTimeoutMs;

    private void SweepTargets(long nowMs)
    {
        foreach (var (key, target) in _targets)
        {
            if (target.First is null)
            {
                var isIdle = !target.InAckQueue && !target.IsReady && !target.HasUnsaved;
                if (isIdle && nowMs - target.LastUsedMs >= _settings.IdleTargetMs)
                    _targets.Remove(key);
                continue;
            }

            if (nowMs < target.AssertAtMs || target.NextRepeat is not null || target.Stream is null)
                continue;
            var beforeMs = nowMs - (target.ResendPauseMs > 0 ? target.ResendPauseMs : _settings.AssertMinMs);
            var pauseMs = target.ResendPauseMs * 3 / 2;
            target.ResendPauseMs = pauseMs >= _settings.AssertMinMs ? 0 : pauseMs;
            target.AssertAtMs = _frames.NextAssertion(target, nowMs);
            if (!_frames.HasOld(target, beforeMs))
                continue;
            target.NextRepeat = target.First;
            target.RepeatBeforeMs = beforeMs;
            MarkReady(target);
        }
    }

    /// <summary>Ends calls that were never sent and whose time-out has passed: they did not happen.</summary>
    private void ExpireUnsent(long nowMs)
    {
        for (EngineCall? call = _outstanding.First, next; call is not null; call = next)
        {
            next = call.NextOfAll;
            if (!call.EverSent && call.IsOverdue(nowMs))
                Withdraw(call, Errno.ETIMEDOUT, nowMs);
        }

        ExpireWaiting(_waitingForWindow.First, nowMs);
        ExpireWaiting(_waitingOthers.First, nowMs);
    }

    private void ExpireWaiting(EngineCall? call, long nowMs)
    {
        while (call is not null)
        {
            var next = call.NextOfAll;
            if (call.IsOverdue(nowMs))
                Withdraw(call, Errno.ETIMEDOUT, nowMs);
            call = next;
        }
    }
}
