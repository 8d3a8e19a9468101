using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>
/// Groups what waits for one stream into a frame: bounded in bytes and calls, targets in turn, each target's calls in
/// order of seq. A call larger than the bound travels alone.
/// </summary>
internal sealed class FrameBuilder(EngineSettings settings, Func<double> jitter)
{
    private int _bytes;
    private int _entries;
    private EngineCall? _last; // of the target that is being filled in

    private bool IsFull => _entries >= settings.CallsPerFrame || _bytes >= settings.FrameTargetBytes;

    /// <summary>A frame, without its ack; null: nothing waits.</summary>
    /// <param name="stream">Where it will go.</param>
    /// <param name="ackBound">The first seq not given out, or one that is held: no target's ack passes it.</param>
    /// <param name="nowMs">Now.</param>
    public ClientFrame? Build(EngineStream stream, ulong ackBound, long nowMs)
    {
        ClientFrame? frame = null;
        _bytes = 0;
        _entries = 0;
        while (!IsFull && stream.Ready.TryDequeue(out var target))
        {
            if (target.Stream != stream)
                continue;
            target.IsReady = false;
            if (Fill(target, ackBound, nowMs) is { } calls)
                (frame ??= new ClientFrame()).Calls.Add(calls);
            if (!target.HasWork)
                continue;

            // It did not fit: behind the others, so that one busy target cannot hold them back.
            target.IsReady = true;
            stream.Ready.Enqueue(target);
            break;
        }

        return frame;
    }

    private TargetCalls? Fill(EngineTarget target, ulong ackBound, long nowMs)
    {
        var calls = new TargetCalls { Target = target.Target };
        _last = null;
        FillRepeats(target, calls, nowMs);
        FillUnsent(target, calls, nowMs);
        FillCancels(target, calls);
        var ack = AckOf(target, ackBound, calls.Pending);
        var tells = target.AckNow && target.HoldsResults && (ack > target.SentAck || target.HasLateResult);
        target.AckNow = false;
        if (calls.Calls.Count == 0 && calls.Cancels.Count == 0)
        {
            if (!tells)
                return null;
            _entries++;
        }

        calls.Ack = ack;
        calls.Route = target.Number;
        target.SentAck = ack;
        target.HasLateResult = false;
        target.UntoldSinceMs = -1;
        target.LastUsedMs = nowMs;
        return calls;
    }

    /// <summary>
    /// Below which seq all results are in hand, but for those of calls that later ones have overtaken.
    /// </summary>
    private static ulong AckOf(EngineTarget target, ulong ackBound, ICollection<ulong> pending)
    {
        var call = target.First;
        for (; call is not null && call.Seq < target.HighestResult; call = call.NextOfTarget)
        {
            if (pending.Count == Bounds.PendingPerTarget)
                break;
            pending.Add(call.Seq);
        }

        return Math.Min(call?.Seq ?? ackBound, ackBound);
    }

    private void FillRepeats(EngineTarget target, TargetCalls calls, long nowMs)
    {
        while (target.NextRepeat is { } call)
        {
            if (call == target.NextUnsent)
            {
                target.NextRepeat = null;
                return;
            }

            if (IsOld(call, target.RepeatBeforeMs))
            {
                if (!HasRoom(call) || !Follows(call))
                    return;
                Add(call, calls, nowMs);
            }

            target.NextRepeat = call.NextOfTarget;
        }
    }

    private void FillUnsent(EngineTarget target, TargetCalls calls, long nowMs)
    {
        while (target.NextRepeat is null && target.NextUnsent is { } call && HasRoom(call) && Follows(call))
        {
            if (call == target.First)
                target.AssertAtMs = NextAssertion(target, nowMs);
            Add(call, calls, nowMs);
            target.Advance();
        }
    }

    private void FillCancels(EngineTarget target, TargetCalls calls)
    {
        while (_entries < settings.CallsPerFrame && target.Cancels.TryDequeue(out var cancel))
        {
            // Completed meanwhile, and perhaps in use for another call already.
            if (cancel.Call.Seq != cancel.Seq || cancel.Call.Stage != CallStage.Outstanding)
                continue;
            calls.Cancels.Add(cancel.Seq);
            _entries++;
        }
    }

    private void Add(EngineCall call, TargetCalls calls, long nowMs)
    {
        if (_last is null)
            calls.After = call.PreviousOfTarget?.Seq ?? 0;
        _last = call;
        calls.Calls.Add(call.BodyAt(nowMs));
        calls.Resent |= call.EverSent;
        if (call.CancelRequested)
            calls.Cancels.Add(call.Seq);
        call.EverSent = true;
        call.LastSentMs = nowMs;
        _bytes += call.SizeBytes;
        _entries++;
    }

    /// <summary>What is sent together has nothing between it: the target takes all of it, or none.</summary>
    private bool Follows(EngineCall call) => _last is null || call.PreviousOfTarget == _last;

    private bool HasRoom(EngineCall call) =>
        _entries == 0 ||
        (_entries < settings.CallsPerFrame && _bytes + call.SizeBytes <= settings.FrameTargetBytes);

    public long NextAssertion(EngineTarget target, long nowMs) => target.HasteMs > 0
        ? nowMs + target.HasteMs
        : nowMs + settings.AssertMinMs + (long)(jitter() * (settings.AssertMaxMs - settings.AssertMinMs));

    /// <summary>Large calls are asserted less often: the safety net should not cost more than the traffic.</summary>
    private bool IsOld(EngineCall call, long beforeMs)
    {
        var weight = Math.Min(12, call.SizeBytes / (64 * 1024));
        return call.LastSentMs <= beforeMs - weight * settings.AssertMinMs;
    }

    /// <summary>Is any call that went out here old enough to be asserted?</summary>
    public bool HasOld(EngineTarget target, long beforeMs)
    {
        for (var call = target.First; call is not null && call != target.NextUnsent; call = call.NextOfTarget)
        {
            if (IsOld(call, beforeMs))
                return true;
        }

        return false;
    }
}
