using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Core.Objects.SemaphoreSets;

/// <summary>A caller blocked in semop(2).</summary>
public sealed class Operation(OperationParked parked, ulong ticket)
    : Waiter(parked.Pid, parked.Seq, ticket, parked.DeadlineMs, NoCredentials)
{
    // Permissions are checked only when the call is made, so no credentials are kept.
    private static readonly Credentials NoCredentials = new();

    private readonly bool _passes = parked.Passes;

    /// <summary>The operations, in order.</summary>
    public RepeatedField<SemBuf> Ops { get; } = parked.Ops;

    /// <summary>Whether there are several operations, which may wait for several semaphores.</summary>
    public bool IsArray => Ops.Count > 1;

    /// <summary>Whether the operations change a value. If not, they only wait for zeros.</summary>
    public bool Alters { get; } = Semaphores.Alters(parked.Ops);

    /// <summary>semtimedop(2): EAGAIN, "the time limit specified in timeout expired".</summary>
    public override Errno ErrnoOfDeadline => Errno.EAGAIN;

    public override Call ToCall() => new() { Seq = Seq, Semop = new SemOp { Ops = { Ops }, Passes = _passes } };

    /// <summary>
    /// Whether the call is a lock that its process may pass on from caller to caller: it waits for zero and adds one,
    /// with SEM_UNDO.
    /// </summary>
    internal bool PassesLock { get; } = parked.Passes && IsLock(parked.Ops);

    /// <summary>For an array that only waits for zeros: the index of the operation that it waited for last.</summary>
    internal int Blocking;

    /// <summary>Whether the call stands in line and is not passed over.</summary>
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
