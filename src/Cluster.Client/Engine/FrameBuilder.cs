using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>
/// Groups the calls that wait for one stream into a frame: bounded in bytes and calls, one target after the other, the
/// calls of a target in order of seq. A call larger than the bound travels alone.
/// </summary>
internal sealed class FrameBuilder(EngineSettings settings, Func<double> jitter)
{
    private int _bytes;
    private int _entries;
    private EngineCall? _last; // of the target that is being filled in

    private bool IsFull => _entries >= settings.CallsPerFrame || _bytes >= settings.FrameTargetBytes;

    /// <summary>A frame, without its ack; null: nothing waits.</summary>
    /// <param name="stream">The stream that will take it.</param>
    /// <param name="nextSeq">The first seq that no call has: no ack passes it.</param>
    /// <param name="nowMs">Now.</param>
    public ClientFrame? Build(EngineStream stream, ulong nextSeq, long nowMs)
    {
        ClientFrame? frame = null;
        _bytes = 0;
        _entries = 0;
        while (!IsFull && stream.Ready.TryDequeue(out var target))
        {
            if (target.Stream != stream)
                continue;
            target.IsReady = false;
            if (Fill(stream, target, nextSeq, nowMs) is { } calls)
                (frame ??= new ClientFrame()).Calls.Add(calls);
            if (!target.HasWork)
                continue;

            // Not all fitted: the target goes behind the others, so that a busy target cannot hold them back.
            target.IsReady = true;
            stream.Ready.Enqueue(target);
            break;
        }

        return frame;
    }

    private TargetCalls? Fill(EngineStream stream, EngineTarget target, ulong nextSeq, long nowMs)
    {
        var calls = new TargetCalls { Target = target.Target };
        _last = null;
        FillRepeats(target, calls, nowMs);
        FillUnsent(stream, target, calls, nowMs);
        FillCancels(target, calls);
        var ack = AckOf(target, nextSeq, calls.Pending);
        var tells = target.AckNow && target.HasUnacknowledged && (ack > target.SentAck || target.HasLateResult);
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
    /// The seq below which all results of the target are in hand and saved, but for those that are named as pending:
    /// calls that later ones have overtaken, and results that their callers have not saved yet.
    /// </summary>
    private static ulong AckOf(EngineTarget target, ulong nextSeq, ICollection<ulong> pending)
    {
        var call = target.First;
        using var unsaved = target.HasUnsaved ? target.Unsaved.GetEnumerator() : null;
        var unsavedSeq = unsaved?.MoveNext() == true ? unsaved.Current : ulong.MaxValue;
        while (true)
        {
            var seq = Math.Min(call?.Seq ?? ulong.MaxValue, unsavedSeq);
            if (seq >= target.HighestResult || pending.Count == Bounds.PendingPerTarget)
                return Math.Min(seq, nextSeq);
            pending.Add(seq);
            if (seq == unsavedSeq)
                unsavedSeq = unsaved!.MoveNext() ? unsaved.Current : ulong.MaxValue;
            else
                call = call!.NextOfTarget;
        }
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

    private void FillUnsent(EngineStream stream, EngineTarget target, TargetCalls calls, long nowMs)
    {
        while (target.NextRepeat is null && target.NextUnsent is { } call && HasRoom(call) && Follows(call))
        {
            if (call == target.First)
                target.AssertAtMs = NextAssertion(target, nowMs);
            if (call.EverSent)
                stream.ResentCalls++;
            Add(call, calls, nowMs);
            target.Advance();
        }
    }

    private void FillCancels(EngineTarget target, TargetCalls calls)
    {
        while (_entries < settings.CallsPerFrame && target.Cancels.TryDequeue(out var cancel))
        {
            // The call has completed meanwhile, and may serve another caller already.
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

    /// <summary>
    /// Calls that are sent together follow each other directly: the target takes all of them or none.
    /// </summary>
    private bool Follows(EngineCall call) => _last is null || call.PreviousOfTarget == _last;

    private bool HasRoom(EngineCall call) =>
        _entries == 0 ||
        (_entries < settings.CallsPerFrame && _bytes + call.SizeBytes <= settings.FrameTargetBytes);

    public long NextAssertion(EngineTarget target, long nowMs) => target.ResendPauseMs > 0
        ? nowMs + target.ResendPauseMs
        : nowMs + settings.AssertMinMs + (long)(jitter() * (settings.AssertMaxMs - settings.AssertMinMs));

    /// <summary>Large calls are repeated less often: repetitions must not cost more than the traffic itself.</summary>
    private bool IsOld(EngineCall call, long beforeMs)
    {
        var weight = Math.Min(12, call.SizeBytes / (64 * 1024));
        return call.LastSentMs <= beforeMs - weight * settings.AssertMinMs;
    }

    /// <summary>Whether a call that was sent over the present stream is old enough to be repeated.</summary>
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
