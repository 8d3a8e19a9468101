using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>
/// One entity that calls are made on: its outstanding calls in order of seq, where they go, and what it knows of the
/// results that have arrived. Calls before <see cref="NextUnsent"/> have gone out over the present stream.
/// </summary>
internal sealed class EngineTarget(Target target)
{
    private EngineCall? _last;

    public Target Target { get; } = target;

    /// <summary>The stream that its calls take; null: there is none.</summary>
    public EngineStream? Stream { get; set; }

    /// <summary>
    /// Grows whenever the stream changes, over all targets: of two ways to a target the later has the higher.
    /// </summary>
    public ulong Number { get; set; }

    /// <summary>The node that has it, as far as is known, and the revision at which that was so.</summary>
    public string? Owner { get; set; }

    public ulong OwnerRevision { get; set; }

    public EngineCall? First { get; private set; }

    public EngineCall? NextUnsent { get; private set; }

    /// <summary>Assertion under way: sent calls from here on, if older than <see cref="RepeatBeforeMs"/>.</summary>
    public EngineCall? NextRepeat { get; set; }

    public long RepeatBeforeMs { get; set; }

    public long AssertAtMs { get; set; }

    /// <summary>
    /// The pause before the next assertion, after its node was lost; it grows. 0: assertions are rare again.
    /// </summary>
    public long HasteMs { get; set; }

    /// <summary>Cancelled calls that the entity has, and that it must hear about.</summary>
    public Queue<(EngineCall Call, ulong Seq)> Cancels { get; } = new();

    /// <summary>The acknowledgement that was last sent to it.</summary>
    public ulong SentAck { get; set; }

    /// <summary>The highest seq of its results that arrived: it holds that result until an ack passes it.</summary>
    public ulong HighestResult { get; set; }

    /// <summary>Since when a result is in hand that it was not told about; -1: none.</summary>
    public long UntoldSinceMs { get; set; } = -1;

    /// <summary>When it was last brought back after it had left its node.</summary>
    public long MovedMs { get; set; } = -1_000_000;

    public bool InAckQueue { get; set; }

    public long AckDueMs { get; set; }

    public bool AckNow { get; set; }

    public bool IsReady { get; set; }

    public long LastUsedMs { get; set; }

    public bool HasWork => NextUnsent is not null || NextRepeat is not null || Cancels.Count > 0 || AckNow;

    /// <summary>A result below the last acknowledgement has arrived: of a call that was named as pending.</summary>
    public bool HasLateResult { get; set; }

    public bool HoldsResults => HasLateResult || (HighestResult > 0 && HighestResult >= SentAck);

    public void Append(EngineCall call)
    {
        call.Route = this;
        call.PreviousOfTarget = _last;
        call.NextOfTarget = null;
        if (_last is null)
            First = call;
        else
            _last.NextOfTarget = call;
        _last = call;
        NextUnsent ??= call;
    }

    public void Remove(EngineCall call)
    {
        if (NextUnsent == call)
            NextUnsent = call.NextOfTarget;
        if (NextRepeat == call)
            NextRepeat = call.NextOfTarget;
        if (call.PreviousOfTarget is null)
            First = call.NextOfTarget;
        else
            call.PreviousOfTarget.NextOfTarget = call.NextOfTarget;
        if (call.NextOfTarget is null)
            _last = call.PreviousOfTarget;
        else
            call.NextOfTarget.PreviousOfTarget = call.PreviousOfTarget;
        call.NextOfTarget = null;
        call.PreviousOfTarget = null;
    }

    /// <summary>Has the call gone out over the present stream?</summary>
    public bool WasSentHere(EngineCall call) => NextUnsent is null || call.Seq < NextUnsent.Seq;

    /// <summary>The head of the unsent calls has gone out.</summary>
    public void Advance() => NextUnsent = NextUnsent!.NextOfTarget;

    /// <summary>Everything outstanding has to go out (again), over another stream.</summary>
    public void Rewind()
    {
        NextUnsent = First;
        NextRepeat = null;
        Cancels.Clear();
        IsReady = false;
    }
}
