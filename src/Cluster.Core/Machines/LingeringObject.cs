using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// An object that goes later than its removal: while somebody holds it, the removal only marks it and frees its key or
/// name. It ends when nobody holds it any more. So do a segment with SHM_DEST and an unlinked object with a name.
/// </summary>
/// <remarks>
/// The directory learns of the end before the call that caused the end is answered (or the exit confirmed): whoever
/// waits for that brings this entity back should its node die in between.
///
/// What a kind has to implement: <see cref="IsMarked"/>, <see cref="IsHeld"/>, <see cref="Mark"/>,
/// <see cref="BeginEnd"/>, and <see cref="Handle"/> instead of <see cref="ObjectMachine.Decide"/>.
/// </remarks>
public abstract class LingeringObject(EntityKey key) : ObjectMachine(key)
{
    private (Request Request, ulong Token)? _forgetter; // not journalled: the directory asks again

    /// <summary>Whether the object is marked and nobody holds it any more: the directory is being told.</summary>
    protected bool IsEnding { get; private set; }

    /// <summary>The process whose call has caused the end and waits for the directory; 0: none.</summary>
    protected int EndingPid { get; private set; }

    /// <summary>The call that waits.</summary>
    protected ulong EndingSeq { get; private set; }

    // ---- what a kind implements ----

    /// <summary>Whether the removal was asked for, so that the object goes when nobody holds it.</summary>
    protected abstract bool IsMarked { get; }

    /// <summary>Whether somebody holds the object: is attached, or has it open.</summary>
    protected abstract bool IsHeld { get; }

    /// <summary>The event that marks the object.</summary>
    protected abstract Event Mark();

    /// <summary>The event that begins the end; its apply calls <see cref="ApplyEnding"/>.</summary>
    protected abstract Event BeginEnd();

    /// <summary>Decides a call on an object that has not ended.</summary>
    protected abstract void Handle(Stamp stamp, Call call);

    // ---- decide ----

    protected sealed override void Decide(Stamp stamp, Call call)
    {
        if (!IsEnding) Handle(stamp, call);
        // The object is gone for everybody. Only the last close, which is still under way, may arrive again.
        else if (!IsUnderWay(stamp.Pid, call.Seq)) FailUnrecorded(stamp.Pid, call.Seq, AbsentErrno);
    }

    protected override bool Linger()
    {
        if (IsEnding) return true;
        if (!IsHeld) return false;
        if (!IsMarked) Emit(Mark());
        return true;
    }

    /// <summary>Ends the object if it is marked and nobody holds it.</summary>
    protected void EndIfUnheld()
    {
        if (Phase == Life.Alive && IsMarked && !IsHeld && !IsEnding) End();
    }

    /// <summary>Begins the end.</summary>
    protected void End()
    {
        Emit(BeginEnd());
        SendOutbox();
    }

    protected override void Destroy()
    {
        var (pid, seq) = (EndingPid, EndingSeq);
        base.Destroy();
        if (pid != 0) Release(pid, seq);
        SendOutbox();
    }

    protected override bool MayConfirmExit(int pid) => base.MayConfirmExit(pid) && !IsEnding;

    protected override bool IsUnderWay(int pid, ulong seq) => IsEnding && pid == EndingPid && seq == EndingSeq;

    /// <summary>
    /// Whether the object may confirm that the directory has dropped it. The directory may ask before its answer about
    /// the end has arrived here.
    /// </summary>
    protected virtual bool MayForget => !IsEnding;

    protected override void OnRequest(Request request, ulong token)
    {
        if (request.BodyCase == Request.BodyOneofCase.ForgetObject && !MayForget) _forgetter = (request, token);
        else base.OnRequest(request, token);
    }

    protected override void OnAnswer(Request request, Reply reply)
    {
        if (request.BodyCase == Request.BodyOneofCase.EndObject && IsEnding) Destroy();
        base.OnAnswer(request, reply);
    }

    protected override void OnSettled()
    {
        base.OnSettled();
        if (_forgetter is not { } forgetter || !MayForget) return;
        _forgetter = null;
        OnRequest(forgetter.Request, forgetter.Token);
    }

    // ---- apply ----

    /// <summary>A call is answered when the directory knows of the end that it causes.</summary>
    protected void ApplyLast(int pid, ulong seq) => (EndingPid, EndingSeq) = (pid, seq);

    /// <summary>Applies the beginning of the end.</summary>
    protected void ApplyEnding()
    {
        IsEnding = true;
        Outbox.Add(new Request { To = Directory, EndObject = new EndObject { Id = Id } });
    }

    /// <summary>Applies what all such objects share of the removal.</summary>
    protected void ApplyEnded()
    {
        if (IsEnding) Outbox.Remove(Directory, Request.BodyOneofCase.EndObject);
        IsEnding = false;
        if (EndingPid != 0) ApplyCompleted(EndingPid, new Result { Seq = EndingSeq });
        EndingPid = 0;
        ApplyRemoved();
    }

    protected override void ApplyExit(ExitRecorded exit)
    {
        if (exit.Pid == EndingPid) EndingPid = 0;
    }

    /// <summary>Loads this part of a snapshot.</summary>
    protected void LoadEnd(bool isEnding, int pid, ulong seq)
    {
        (IsEnding, EndingPid, EndingSeq) = (false, pid, seq);
        if (isEnding) ApplyEnding();
    }
}
