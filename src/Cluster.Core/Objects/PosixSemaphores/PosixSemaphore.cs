using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.PosixSemaphores;

/// <summary>A named POSIX semaphore: sem_overview(7), sem_wait(3), sem_post(3), sem_getvalue(3).</summary>
/// <remarks>
/// What a caller sees. A wait takes one of the value, or blocks while the value is 0. A post gives one to the caller that
/// has waited longest, or adds it to the value. As POSIX has it, nothing is undone at the end of a process. Not of POSIX:
/// a wait with undo is posted at the end of its process, unless the process has posted it with undo itself.
///
/// Who is woken, and the cost. A post serves the first caller in line, O(log waiters). A caller that arrives while the
/// value is above 0 takes it; the value is above 0 only while nobody waits in line.
///
/// Callers that are away are treated as in a semaphore set. During its grace a caller is served in its turn, and its
/// result waits. Afterwards it is passed over in its place until it is back. If a process ends without having
/// acknowledged a result that came while it was away, the value is given back.
///
/// Deviations from Linux: docs/objects/posix-semaphore.md.
/// </remarks>
public sealed partial class PosixSemaphore(EntityKey key) : NamedObject(key)
{
    /// <summary>st_size of a semaphore's file: the size of sem_t.</summary>
    private const int FileSize = 32;

    // ---- state ----

    private readonly TicketTree _line = new();
    private FewMap<int, long> _undo;  // by pid: waits with undo that are not posted
    private long _value;
    private ulong _nextTicket = 1;
    private int _waiterCount;         // blocked in sem_wait(3), in line or not

    /// <summary>The value, for the checks of the simulation.</summary>
    internal long Value => _value;

    protected override long StatSize => FileSize;

    // ---- decide ----

    protected override void HandleOwn(Stamp stamp, Call call)
    {
        var operation = call.OpCase == Call.OpOneofCase.PosixSemaphore ? call.PosixSemaphore : new PosixSemaphoreCall();
        switch (operation.OpCase)
        {
            case PosixSemaphoreCall.OpOneofCase.Wait:
                Wait(stamp.Pid, call, operation.Wait);
                break;
            case PosixSemaphoreCall.OpOneofCase.Post:
                Post(stamp.Pid, call.Seq, operation.Post);
                break;
            case PosixSemaphoreCall.OpOneofCase.Getvalue:
                if (Held(stamp.Pid, operation.Getvalue.Description) is null) FailUnrecorded(stamp.Pid, call.Seq, Errno.EBADF);
                else AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, PosixSemaphoreValue = ToValue() });
                break;
            default:
                FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    private PosixSemaphoreValue ToValue() => new() { Value = _value, Waiters = _waiterCount };

    private void Wait(int pid, Call call, PosixSemaphoreWait wait)
    {
        if (WhyNotWait(pid, call, wait) is { } rejection)
        {
            Reject(pid, call.Seq, rejection);
        }
        else if (_value > 0)
        {
            var taken = new PosixSemaphoreTaken { Pid = pid, Seq = call.Seq, Undo = wait.Undo };
            Emit(new PosixSemaphoreFact { Taken = taken });
            Release(pid, call.Seq);
        }
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 })
        {
            FailRecorded(pid, call.Seq, Errno.ETIMEDOUT);
        }
        else
        {
            var parked = new PosixSemaphoreParked
            {
                Pid = pid, Seq = call.Seq, DeadlineMs = DeadlineOf(call), Undo = wait.Undo,
            };
            Emit(new PosixSemaphoreFact { Parked = parked });
        }
    }

    private Rejection? WhyNotWait(int pid, Call call, PosixSemaphoreWait wait)
    {
        if (call.TimeoutMs < 0) return Rejection.Unrecorded(Errno.EINVAL);
        // EINVAL: "sem is not a valid semaphore." A description has an error of its own.
        if (Held(pid, wait.Description) is null) return Rejection.Recorded(Errno.EBADF);
        return null;
    }

    private void Post(int pid, ulong seq, PosixSemaphorePost post)
    {
        if (WhyNotPost(pid, post) is { } rejection)
        {
            Reject(pid, seq, rejection);
            return;
        }

        Emit(new PosixSemaphoreFact { Posted = new PosixSemaphorePosted { Pid = pid, Seq = seq, Undo = post.Undo } });
        Release(pid, seq);
        Serve();
    }

    private Rejection? WhyNotPost(int pid, PosixSemaphorePost post)
    {
        if (Held(pid, post.Description) is null) return Rejection.Recorded(Errno.EBADF);
        if (post.Undo && !_undo.ContainsKey(pid)) return Rejection.Recorded(Errno.EINVAL);
        // EOVERFLOW: "The maximum allowable value for a semaphore would be exceeded."
        if (_value == Bounds.PosixSemaphoreValue) return Rejection.Recorded(Errno.EOVERFLOW);
        return null;
    }

    // ---- serve ----

    /// <summary>Gives the value to the callers in line, as long as there are both.</summary>
    private void Serve()
    {
        while (_value > 0 && _line.FirstAtLeast(0) is PosixSemaphoreWaiter waiter) Grant(waiter);
    }

    private void Grant(PosixSemaphoreWaiter waiter)
    {
        var isAway = waiter.Presence != Presence.Connected;
        var granted = new PosixSemaphoreGranted { Pid = waiter.Pid, Seq = waiter.Seq, Away = isAway };
        Emit(new PosixSemaphoreFact { Granted = granted });
        Release(waiter.Pid, waiter.Seq);
    }

    protected override void OnCallerBack(Waiter waiter, Presence before)
    {
        if (before != Presence.PassedOver || waiter is not PosixSemaphoreWaiter) return;
        _line.Add(waiter, 0);
        Serve();
    }

    protected override void OnPassedOver(Waiter waiter)
    {
        if (waiter is PosixSemaphoreWaiter { InTree: true }) _line.Remove(waiter);
    }

    protected override void AfterWaitersRemoved()
    {
        Serve();
        base.AfterWaitersRemoved();
    }

    protected override void OnRecovered()
    {
        base.OnRecovered();
        Serve(); // no session is connected, so each caller has its turn again, in the order of the line
    }

    // ---- creation and removal ----

    protected override Event Create(DirectoryEntry entry) => ToEvent(new PosixSemaphoreFact
    {
        Created = new PosixSemaphoreCreated
        {
            Permissions = entry.Permissions,
            Value = (long)entry.InitialSize,
            TimeMs = entry.TimeMs,
            Volatile = entry.Volatile,
            Creator = entry.Creator,
            CreatorSeq = entry.CreatorSeq,
        },
    });

    protected override Event Removed() => ToEvent(new PosixSemaphoreFact { Removed = new PosixSemaphoreRemoved() });

    private void Emit(PosixSemaphoreFact fact) => Emit(ToEvent(fact));

    private static Event ToEvent(PosixSemaphoreFact fact) => new() { PosixSemaphore = fact };
}
