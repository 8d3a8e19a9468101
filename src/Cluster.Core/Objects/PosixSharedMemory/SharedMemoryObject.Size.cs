using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;

namespace Cluster.Core.Objects.PosixSharedMemory;

/// <content>The size, and the extents that have to know it.</content>
public sealed partial class SharedMemoryObject
{
    // Changes of the size that wait for the one under way. The callers of further ones send them again.
    private const int HeldBound = 4_096;

    // ---- ftruncate(2) ----

    private void Truncate(Stamp stamp, Call call, PosixSharedMemoryTruncate truncate)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (IsUnderWay(pid, seq)) return;
        if (WhyNotTruncate(pid, truncate) is { } rejection) Reject(pid, seq, rejection);
        else if (_resizing is not null) Hold(stamp, call);
        else if (truncate.Grows && truncate.Length <= _size) AnswerRecorded(pid, ToSize(seq, _size)); // a late copy must not grow
        else
        {
            var resizing = new PosixSharedMemoryResizing
            {
                Pid = pid, Seq = seq, Size = truncate.Length, TimeMs = WallMs,
            };
            Emit(new PosixSharedMemoryFact { Resizing = resizing });
            if (_resizing is null) Release(pid, seq);
            else SendOutbox();
        }
    }

    private Rejection? WhyNotTruncate(int pid, PosixSharedMemoryTruncate truncate)
    {
        // EINVAL: "The argument length is negative".
        if (truncate.Length < 0) return Rejection.Unrecorded(Errno.EINVAL);
        if (Held(pid, truncate.Description) is not { } description) return Rejection.Recorded(Errno.EBADF);
        // "EBADF or EINVAL: fd is not open for writing." Linux says EINVAL, and EBADF for write(2).
        var isOpening = description.MayTruncate && truncate is { Length: 0, Grows: false, Opens: true };
        if (!description.IsWritable && !isOpening)
            return Rejection.Recorded(truncate.Grows ? Errno.EBADF : Errno.EINVAL);
        // EFBIG: "The argument length is larger than the maximum file size."
        if (truncate.Length > Bounds.SegmentBytes) return Rejection.Unrecorded(Errno.EFBIG);
        return null;
    }

    private static Result ToSize(ulong seq, long bytes) =>
        new() { Seq = seq, PosixSharedMemorySize = new PosixSharedMemorySize { Bytes = bytes } };

    private void Hold(Stamp stamp, Call call)
    {
        var held = _held ??= [];
        if (held.Count >= HeldBound) return; // the caller sends the call again
        if (!held.Exists(each => each.Stamp.Pid == stamp.Pid && each.Call.Seq == call.Seq)) held.Add((stamp, call));
    }

    private void RunHeld()
    {
        var ready = _held ?? [];
        _held = null;
        foreach (var (stamp, call) in ready)
        {
            var isOver = Ledger.HasExited(stamp.Pid) || Ledger.IsAcknowledged(stamp.Pid, call.Seq)
                || Ledger.TryGet(stamp.Pid, call.Seq, out _);
            if (!isOver) Execute(stamp, call);
        }
    }

    protected override bool IsUnderWay(int pid, ulong seq) =>
        base.IsUnderWay(pid, seq) || (_resizing is { } resizing && resizing.Pid == pid && resizing.Seq == seq);

    protected override bool MayConfirmExit(int pid) => base.MayConfirmExit(pid) && _resizing is null;

    // ---- extents ----

    protected override void OnRequest(Request request, ulong token)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.OpenExtent when Phase == Life.Unborn:
                HoldUntilBorn(request, token);
                break;
            case Request.BodyOneofCase.OpenExtent:
                Open(request, token);
                break;
            default:
                base.OnRequest(request, token);
                break;
        }
    }

    private void Open(Request request, ulong token)
    {
        var open = request.OpenExtent;
        if (Phase == Life.Unknown)
        {
            Answer(token, request, UnknownErrno);
        }
        else if (Phase == Life.Removed || IsEnding)
        {
            Fence(); // the extent fails its callers for good
            Answer(token, request, AbsentErrno);
        }
        else if (!open.Create && !_extents.IsClaimed(open.Index) && Extents.BytesOf((ulong)_size, open.Index) == 0)
        {
            Answer(token, request, Errno.EFAULT); // for now
        }
        else if (_extents.WhyNotOpen(open, IsVolatile) is var errno and not Errno.None)
        {
            Answer(token, request, errno);
        }
        else
        {
            if (_extents.ClaimOf(open, IsVolatile) is { } claim) Emit(claim);
            else if (open.HasPast) Fence(); // the extent may have been destroyed, and this life may not know
            var opened = _extents.ToOpened((ulong)_size, _version, IsVolatile);
            Answer(token, request, Errno.None, reply => reply.ExtentOpened = opened);
        }
    }

    protected override void OnAnswer(Request request, Reply reply)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.DestroyExtent:
                if (_extents.ReleaseOf(reply.From) is { } release) Emit(release);
                SendOutbox();
                break;
            case Request.BodyOneofCase.ResizeExtent:
                Confirm(reply.From);
                break;
            default:
                base.OnAnswer(request, reply);
                break;
        }
    }

    // Only the last confirmation is journalled: the other extents confirm again.
    private void Confirm(EntityKey extent)
    {
        Outbox.Remove(extent, Request.BodyOneofCase.ResizeExtent);
        _unconfirmed?.Remove(Extents.IndexOf(extent));
        if (_resizing is { } resizing && _unconfirmed is { Count: 0 })
        {
            Emit(new PosixSharedMemoryFact { Resized = new PosixSharedMemoryResized() });
            Release(resizing.Pid, resizing.Seq);
            RunHeld();
        }

        SendOutbox();
    }
}
