using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.PosixSemaphores;

/// <summary>A caller blocked in sem_wait(3).</summary>
public sealed class PosixSemaphoreWaiter(PosixSemaphoreParked parked, ulong ticket)
    : Waiter(parked.Pid, parked.Seq, ticket, parked.DeadlineMs, new Credentials())
{
    /// <summary>Whether the end of the process posts what the wait takes.</summary>
    public bool Undo { get; } = parked.Undo;

    public override Call ToCall() => new()
    {
        Seq = Seq, PosixSemaphore = new PosixSemaphoreCall { Wait = new PosixSemaphoreWait { Undo = Undo } },
    };

    internal PosixSemaphoreParked ToState() => new() { Pid = Pid, Seq = Seq, DeadlineMs = DeadlineMs, Undo = Undo };
}
