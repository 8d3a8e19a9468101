using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <summary>A process that waits for the end of another one: waitid(2), a pidfd.</summary>
internal sealed class ExitWaiter(ExitAwaited awaited, ulong ticket)
    : Waiter(awaited.Pid, awaited.Seq, ticket, awaited.DeadlineMs, new Credentials())
{
    /// <summary>The event that parked it.</summary>
    public ExitAwaited Awaited { get; } = awaited;

    public override Call ToCall() => new() { Seq = Seq, ProcessAwait = new ProcessAwait() };
}
