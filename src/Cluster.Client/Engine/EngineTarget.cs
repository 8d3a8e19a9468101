using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>
/// One entity that calls are made on: its outstanding calls in order of seq, the stream that they take, and which of
/// their results it knows to have arrived. Calls before <see cref="NextUnsent"/> were sent over the present stream.
/// </summary>
internal sealed class EngineTarget(Target target)
{
    private EngineCall? _last;
    private SortedSet<ulong>? _unsaved;

    public Target Target { get; } = target;

    /// <summary>The stream that its calls take; null: there is none.</summary>
    public EngineStream? Stream { get; set; }

    /// <summary>
    /// The route of the target's calls on the wire: it grows whenever the target gets another stream.
    /// </summary>
    public ulong Number { get; set; }

    /// <summary>The node that has it; null: not known.</summary>
    public string? Owner { get; set; }

    /// <summary>The revision of the result that named the owner.</summary>
    public ulong OwnerRevision { get; set; }

    public EngineCall? First { get; private set; }

    public EngineCall? NextUnsent { get; private set; }

    /// <summary>
    /// A repetition is under way: sent calls from here on, if older than <see cref="RepeatBeforeMs"/>.
    /// </summary>
    public EngineCall? NextRepeat { get; set; }

    public long RepeatBeforeMs { get; set; }

    public long AssertAtMs { get; set; }

    /// <summary>
    /// The pause before the next repetition, after its node was lost; it grows. 0: repetitions are rare again.
    /// </summary>
    public long ResendPauseMs { get; set; }

    /// <summary>Cancels of calls that the entity has.</summary>
    public Queue<(EngineCall Call, ulong Seq)> Cancels { get; } = new();

    /// <summary>The acknowledgement that was last sent to it.</summary>
    public ulong SentAck { get; set; }

    /// <summary>The highest seq of its results that arrived. It keeps that result until an ack passes it.</summary>
    public ulong HighestResult { get; set; }

    /// <summary>Since when a result is in hand that is not acknowledged to it; -1: none.</summary>
    public long UntoldSinceMs { get; set; } = -1;

    /// <summary>When its calls were last sent again because it had left its node.</summary>
    public long MovedMs { get; set; } = -1_000_000;

    public bool InAckQueue { get; set; }

    public long AckDueMs { get; set; }

    public bool AckNow { get; set; }

    public bool IsReady { get; set; }

    public long LastUsedMs { get; set; }

    public bool HasWork => NextUnsent is not null || NextRepeat is not null || Cancels.Count > 0 || AckNow;

    /// <summary>A result below the last acknowledgement is in hand: of a call that was named as pending.</summary>
    public bool HasLateResult { get; set; }

    /// <summary>Whether the entity keeps results that are in hand here, because no ack has named them yet.</summary>
    public bool HasUnacknowledged => HasLateResult || (HighestResult > 0 && HighestResult >= SentAck);

    /// <summary>Whether a caller has yet to save a result of this target.</summary>
    public bool HasUnsaved => _unsaved is { Count: > 0 };

    /// <summary>Seqs of results that are in hand and that their callers have not saved yet, ascending.</summary>
    public IEnumerable<ulong> Unsaved => _unsaved ?? Enumerable.Empty<ulong>();

    /// <summary>Calls of this target that defer their ack: outstanding, or with a result that is not saved yet.</summary>
    public int DeferringCount { get; set; }

    /// <summary>The result of a call is not acknowledged until <see cref="RemoveUnsaved"/>.</summary>
    public void AddUnsaved(ulong seq)
    {
        (_unsaved ??= []).Add(seq);
        DeferringCount++;
    }

    /// <summary>The result of a call may be acknowledged, even if it lies below the last acknowledgement.</summary>
    public void RemoveUnsaved(ulong seq)
    {
        if (_unsaved?.Remove(seq) != true)
            return;
        DeferringCount--;
        HasLateResult |= seq < SentAck;
    }

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

    /// <summary>Whether the call was sent over the present stream.</summary>
    public bool WasSentHere(EngineCall call) => NextUnsent is null || call.Seq < NextUnsent.Seq;

    /// <summary>The first unsent call was sent.</summary>
    public void Advance() => NextUnsent = NextUnsent!.NextOfTarget;

    /// <summary>All outstanding calls have to be sent again, over another stream.</summary>
    public void ResendAll()
    {
        NextUnsent = First;
        NextRepeat = null;
        Cancels.Clear();
        IsReady = false;
    }
}
