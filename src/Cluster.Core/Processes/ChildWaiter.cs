using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <summary>A process that waits for a child to end: waitid(2).</summary>
internal sealed class ChildWaiter(int pid, ChildAwaited awaited, ulong ticket)
    : Waiter(pid, awaited.Seq, ticket, awaited.DeadlineMs, new Credentials())
{
    /// <summary>The event that parked it.</summary>
    public ChildAwaited Awaited { get; } = awaited;

    public override Call ToCall() =>
        new() { Seq = Seq, ProcessReap = new ProcessReap { Pid = Awaited.Pid, Keeps = Awaited.Keeps } };
}
