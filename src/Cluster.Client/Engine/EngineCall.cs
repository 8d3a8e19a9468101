using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>
/// One call and how far it has come. The driver derives from this class to add what a caller waits for.
/// </summary>
internal class EngineCall
{
    /// <summary>The length in front of a call, and its seq, time-out and trace, which are added later.</summary>
    private const int EnvelopeBytes = 48;

    /// <summary>The object or directory that it is for.</summary>
    public Target Target { get; private set; } = null!;

    /// <summary>What it asks. The engine sets the seq and the remaining time-out.</summary>
    public Call Body { get; private set; } = null!;

    /// <summary>How long it may block; 0: not at all; -1: for ever.</summary>
    public long TimeoutMs { get; private set; }

    /// <summary>
    /// Once completed: the result of the cluster; EINTR or ETIMEDOUT of the engine if it was never sent.
    /// </summary>
    public Result? Result { get; internal set; }

    /// <summary>Once completed without a result: why there will never be one.</summary>
    public EngineFailure? Failure { get; internal set; }

    /// <summary>0 while it waits for the window.</summary>
    public ulong Seq => Body.Seq;

    public bool IsCompleted => Stage == CallStage.Completed;

    /// <summary>
    /// Whether its result is acknowledged only after <see cref="CallEngine.Confirm"/>: when the caller has saved it.
    /// </summary>
    internal bool DefersAck { get; set; }

    /// <summary>
    /// It gives back a lock: to this call of the process if that still waits, otherwise to the set; 0: to the set.
    /// </summary>
    internal ulong PassesTo { get; set; }

    /// <summary>The process that the call belongs to: ESRCH once that has ended; 0: any process may make it.</summary>
    internal int OfPid { get; set; }

    /// <summary>Once completed: the process that made it; 0: none did.</summary>
    internal int CompletedPid { get; set; }

    /// <summary><see cref="CallEngine.Lapses"/> when it completed.</summary>
    internal int CompletedLapses { get; set; }

    /// <summary>A lock was passed on to it before its own result arrived.</summary>
    internal bool HasLock { get; set; }

    internal CallStage Stage { get; set; }

    internal EngineTarget? Route { get; set; }

    internal long StartedMs { get; set; }

    internal long LastSentMs { get; set; }

    /// <summary>It was sent at least once, so only the cluster knows its outcome.</summary>
    internal bool EverSent { get; set; }

    internal bool CancelRequested { get; set; }

    internal int SizeBytes { get; private set; }

    // Links, by seq: among its target's calls, and among all calls (or among those that wait for the window).
    internal EngineCall? NextOfTarget { get; set; }

    internal EngineCall? PreviousOfTarget { get; set; }

    internal EngineCall? NextOfAll { get; set; }

    internal EngineCall? PreviousOfAll { get; set; }

    /// <summary>
    /// Whether the call may wait for the window. Each kind marks its calls that block with data. A call without the mark
    /// never waits for the window, so it cannot wait for a call that itself needs it to make progress.
    /// </summary>
    internal bool CountsAgainstWindow { get; set; }

    public void Prepare(Target target, Call body, long timeoutMs = -1)
    {
        Target = target;
        Body = body;
        TimeoutMs = timeoutMs;
        SizeBytes = EnvelopeBytes + body.CalculateSize();
        Result = null;
        Failure = null;
        Stage = CallStage.Idle;
        Route = null;
        DefersAck = false;
        CountsAgainstWindow = false;
        PassesTo = 0;
        OfPid = 0;
        CompletedPid = 0;
        HasLock = false;
        EverSent = false;
        CancelRequested = false;
    }

    /// <summary>
    /// Whether the time-out has passed before the call was sent. With a time-out of 0 a call does not block, and only its
    /// object knows whether it would: "Under no circumstance shall the operation fail with a timeout if a message can be
    /// removed from the message queue immediately" (mq_timedreceive(3p), and alike sem_timedwait(3p)).
    /// </summary>
    internal bool IsOverdue(long nowMs) => TimeoutMs > 0 && nowMs - StartedMs >= TimeoutMs;

    /// <summary>The body to send now. A copy if it may still be under way with another time-out.</summary>
    internal Call BodyAt(long nowMs)
    {
        if (TimeoutMs < 0)
            return Body;
        if (EverSent)
            Body = Body.Clone();
        Body.TimeoutMs = Math.Max(0, TimeoutMs - (nowMs - StartedMs));
        return Body;
    }
}
