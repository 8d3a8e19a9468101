using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Machines;

/// <summary>A machine that parks every call without a journal entry, as a poll does.</summary>
internal sealed class PollMachine() : Machine(new EntityKey { Kind = Kind.Namespace, Namespace = 9 })
{
    public void BecomeReady()
    {
        foreach (var waiter in Waiters.InLine<Poller>()) AnswerUnrecorded(waiter, new Result { Seq = waiter.Seq });
    }

    protected override void Execute(Stamp stamp, Call call) =>
        ParkUnrecorded(new Poller(stamp.Pid, call.Seq, Waiters.NextUnrecordedTicket(), DeadlineOf(call)));

    protected override void ApplyFact(Event fact) => throw UnknownFact(fact);

    protected override void SaveState(Snapshot snapshot) => snapshot.Namespace = new NamespaceState();

    protected override void LoadState(Snapshot snapshot)
    {
    }

    private sealed class Poller(int pid, ulong seq, ulong ticket, long deadlineMs)
        : Waiter(pid, seq, ticket, deadlineMs, new Credentials())
    {
        public override bool IsRecorded => false;
    }
}
