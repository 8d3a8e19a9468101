using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <content>
/// Who waits for the end of the process: waitid(2), a pidfd. The wait is journalled, and a process that has ended stays in
/// the journal until each that waited has acknowledged the answer. So no answer is lost with a node.
/// </content>
public sealed partial class Process
{
    // Waiting calls. Further ones fail with ENOBUFS.
    private const int ExitWaitsBound = 65_536;

    private void Await(Stamp stamp, Call call)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (!IsSeenBy(stamp)) FailUnrecorded(pid, seq, Errno.ESRCH);
        else if (pid == _started!.Pid) FailUnrecorded(pid, seq, Errno.EINVAL); // it would wait for ever
        else if (_ended is not null) AnswerRecorded(pid, ToExit(seq));
        else if (Waiters.Count >= ExitWaitsBound) FailRecorded(pid, seq, Errno.ENOBUFS);
        else if (call is { HasTimeoutMs: true, TimeoutMs: <= 0 }) FailRecorded(pid, seq, Errno.ETIMEDOUT);
        else Emit(new Event { ExitAwaited = new ExitAwaited { Pid = pid, Seq = seq, DeadlineMs = DeadlineOf(call) } });
    }

    private void AnswerExitWaiters()
    {
        foreach (var waiter in Waiters.InLine<ExitWaiter>()) AnswerRecorded(waiter.Pid, ToExit(waiter.Seq));
    }

    private Result ToExit(ulong seq) => new()
    {
        Seq = seq, ProcessExit = ToExit(),
    };

    private void ParkExit(ExitAwaited awaited, ulong ticket) => Waiters.Add(new ExitWaiter(awaited, ticket));

    private void SaveExitWaits(ProcessState state)
    {
        foreach (var waiter in Waiters.InLine<ExitWaiter>())
            state.ExitWaits.Add(new StoredExitWait { Ticket = waiter.Ticket, Awaited = waiter.Awaited });
    }
}
