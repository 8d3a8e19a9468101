using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>One call and where it stands. Whoever waits for it derives from this class, or keeps it.</summary>
internal class EngineCall
{
    /// <summary>Whom it is for, and what it asks. The engine sets the seq and the remaining time-out.</summary>
    public Target Target { get; private set; } = null!;

    public Call Body { get; private set; } = null!;

    /// <summary>How long it may block; -1: for ever.</summary>
    public long TimeoutMs { get; private set; }

    /// <summary>Once completed: the result, the cluster's or (EINTR, ETIMEDOUT: never sent) the engine's own.</summary>
    public Result? Result { get; internal set; }

    /// <summary>Once completed without a result: why it will never have one.</summary>
    public EngineFailure? Failure { get; internal set; }

    /// <summary>0 until the window let it in.</summary>
    public ulong Seq => Body.Seq;

    public bool IsCompleted => Stage == CallStage.Completed;

    /// <summary>
    /// Its result is acknowledged after <see cref="CallEngine.Confirm"/>: when the caller has saved it.
    /// </summary>
    internal bool HoldsAck { get; set; }

    /// <summary>
    /// It gives back a lock: to this call of the process, if it can, instead of to the set; 0: to the set.
    /// </summary>
    internal ulong PassesTo { get; set; }

    /// <summary>The process whose call this is: once it has ended nobody makes it; 0: whichever there is.</summary>
    internal int OfPid { get; set; }

    /// <summary>Once completed: the process that made it; 0: there was none.</summary>
    internal int CompletedPid { get; set; }

    /// <summary>A lock was passed on to it before its result arrived, which says to wait for that.</summary>
    internal bool Inherits { get; set; }

    internal CallStage Stage { get; set; }

    internal EngineTarget? Route { get; set; }

    internal long StartedMs { get; set; }

    internal long LastSentMs { get; set; }

    /// <summary>It left at least once, so its outcome is the cluster's to tell.</summary>
    internal bool EverSent { get; set; }

    internal bool CancelRequested { get; set; }

    internal int SizeBytes { get; private set; }

    // Links, by seq: among its target's calls, and among all calls (or among those that wait for the window).
    internal EngineCall? NextOfTarget { get; set; }

    internal EngineCall? PreviousOfTarget { get; set; }

    internal EngineCall? NextOfAll { get; set; }

    internal EngineCall? PreviousOfAll { get; set; }

    /// <summary>Only sends count: a blocked sender may wait for any other call of its own process.</summary>
    internal bool InWindow => Body.Msgsnd is { } send && (send.Flags & IpcFlags.IPC_NOWAIT) == 0;

    public void Prepare(Target target, Call body, long timeoutMs = -1)
    {
        Target = target;
        Body = body;
        TimeoutMs = timeoutMs;
        SizeBytes = EnvelopeBytes + TextBytes(body);
        Result = null;
        Failure = null;
        Stage = CallStage.Idle;
        Route = null;
        HoldsAck = false;
        PassesTo = 0;
        OfPid = 0;
        CompletedPid = 0;
        Inherits = false;
        EverSent = false;
        CancelRequested = false;
    }

    internal bool IsOverdue(long nowMs) => TimeoutMs >= 0 && nowMs - StartedMs >= TimeoutMs;

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

    private const int EnvelopeBytes = 48;

    private static int TextBytes(Call body) => body.OpCase switch
    {
        Call.OpOneofCase.Msgsnd => body.Msgsnd.Text.Length,
        Call.OpOneofCase.ShmWrite => body.ShmWrite.Data.Length,
        Call.OpOneofCase.NamespaceCreate => body.NamespaceCreate.Name.Length * 3,
        Call.OpOneofCase.NamespaceRemove => body.NamespaceRemove.Name.Length * 3,
        Call.OpOneofCase.LimitsSet => body.LimitsSet.Name.Length * 3,
        _ => 0,
    };
}
