using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <summary>A blocked sigtimedwait(2), or a client that waits for the next signal that has a handler.</summary>
internal sealed class SignalWaiter(int pid, SignalWaitParked parked, ulong ticket, Credentials credentials)
    : Waiter(pid, parked.Seq, ticket, parked.DeadlineMs, credentials)
{
    /// <summary>The event that parked it.</summary>
    public SignalWaitParked Parked { get; } = parked;

    /// <summary>Whether it takes whatever has a handler and is not blocked.</summary>
    public bool IsTake => Parked.Take;

    public override Errno ErrnoOfDeadline => Errno.EAGAIN;

    public override Call ToCall() => new()
    {
        Seq = Seq,
        Signal = IsTake
            ? new SignalCall { Take = new SignalTake() }
            : new SignalCall { Wait = new SignalWait { Set = Parked.Set } },
    };
}
