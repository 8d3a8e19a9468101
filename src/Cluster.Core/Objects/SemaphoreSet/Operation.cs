using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Core.Objects.SemaphoreSet;

/// <summary>A caller blocked in semop(2).</summary>
public sealed class Operation(OperationParked parked, ulong ticket)
    : Waiter(parked.Pid, parked.Seq, ticket, parked.DeadlineMs, Anybody)
{
    // Permissions are checked when the call is made, and not again: no credentials are kept.
    private static readonly Credentials Anybody = new();

    private readonly bool _passes = parked.Passes;

    /// <summary>The operations, in their order.</summary>
    public RepeatedField<SemBuf> Ops { get; } = parked.Ops;

    /// <summary>Whether there are more than one: they may wait for several semaphores.</summary>
    public bool IsArray => Ops.Count > 1;

    /// <summary>Whether it changes a value; if not, it only waits for zeros.</summary>
    public bool Alters { get; } = Semaphores.Alters(parked.Ops);

    /// <summary>semtimedop(2) ends with EAGAIN when its time is up.</summary>
    public override Errno ErrnoOfDeadline => Errno.EAGAIN;

    /// <inheritdoc/>
    public override Call ToCall() => new() { Seq = Seq, Semop = new SemOp { Ops = { Ops }, Passes = _passes } };

    /// <summary>
    /// Whether it is a lock that its process may pass on from caller to caller: it waits for zero, adds one, and wants
    /// that undone.
    /// </summary>
    internal bool PassesLock { get; } = parked.Passes && IsLock(parked.Ops);

    /// <summary>The operation that an array which only waits for zeros was last seen to wait for: its index.</summary>
    internal int Blocking;

    /// <summary>Whether it stands in line, and is not passed over.</summary>
    internal bool IsInLine;

    internal OperationParked ToState()
    {
        var state = new OperationParked { Pid = Pid, Seq = Seq, DeadlineMs = DeadlineMs, Passes = _passes };
        state.Ops.AddRange(Ops);
        return state;
    }

    private static bool IsLock(RepeatedField<SemBuf> ops) =>
        ops is [{ Op: 0, Flags: 0 } free, { Op: 1, Flags: IpcFlags.SEM_UNDO } held] && free.Num == held.Num;
}
