using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.MessageQueues;

/// <summary>A caller blocked in msgsnd(2), with its message.</summary>
public sealed class Sender(SenderParked parked, ulong ticket)
    : Waiter(parked.Pid, parked.Seq, ticket, parked.DeadlineMs, parked.Credentials)
{
    /// <summary>The message, its type and the flags.</summary>
    public MsgSnd Call { get; } = parked.Call;

    public override Call ToCall() => new() { Seq = Seq, Msgsnd = Call };

    internal SenderParked ToState() => new()
    {
        Pid = Pid, Seq = Seq, Call = Call, DeadlineMs = DeadlineMs, Credentials = Credentials,
    };
}
