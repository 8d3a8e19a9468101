using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.MessageQueues;

/// <summary>A caller blocked in msgrcv(2).</summary>
public sealed class Receiver(ReceiverParked parked, ulong ticket)
    : Waiter(parked.Pid, parked.Seq, ticket, parked.DeadlineMs, parked.Credentials)
{
    /// <summary>msgtyp.</summary>
    public long Type { get; } = parked.Call.Type;

    /// <summary>msgsz, in bytes.</summary>
    public long Size { get; } = parked.Call.Size;

    /// <summary>msgflg.</summary>
    public int Flags { get; } = parked.Call.Flags;

    /// <summary>While the receiver is suspended: the message that is kept for it.</summary>
    internal QueuedMessage? Held;

    public override Call ToCall() => new() { Seq = Seq, Msgrcv = ToMsgRcv() };

    internal ReceiverParked ToState() => new()
    {
        Pid = Pid,
        Seq = Seq,
        Call = ToMsgRcv(),
        DeadlineMs = DeadlineMs,
        Credentials = Credentials,
    };

    private MsgRcv ToMsgRcv() => new() { Type = Type, Size = Size, Flags = Flags };
}
