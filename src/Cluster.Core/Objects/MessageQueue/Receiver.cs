using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.MessageQueue;

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

    /// <summary>While suspended: the message that is kept for it.</summary>
    internal QueuedMessage? Held;

    /// <inheritdoc/>
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

/// <summary>A caller blocked in msgsnd(2), with its message.</summary>
public sealed class Sender(SenderParked parked, ulong ticket)
    : Waiter(parked.Pid, parked.Seq, ticket, parked.DeadlineMs, parked.Credentials)
{
    /// <summary>The message, its type and the flags.</summary>
    public MsgSnd Call { get; } = parked.Call;

    /// <inheritdoc/>
    public override Call ToCall() => new() { Seq = Seq, Msgsnd = Call };

    internal SenderParked ToState() => new()
    {
        Pid = Pid, Seq = Seq, Call = Call, DeadlineMs = DeadlineMs, Credentials = Credentials,
    };
}

/// <summary>The receivers that wait in line, found by what a message's type lets them take.</summary>
/// <remarks>A struct, for a field that is neither readonly nor copied: mostly nobody waits.</remarks>
public struct ReceiverLine
{
    private TicketTree? _atMost; // msgtyp <= 0: 0 takes any type, -n takes up to n
    private TicketTree? _exact;
    private TicketTree? _except; // MSG_EXCEPT

    /// <summary>How many stand in line.</summary>
    public readonly int Count => (_atMost?.Count ?? 0) + (_exact?.Count ?? 0) + (_except?.Count ?? 0);

    /// <summary>Puts a receiver in, at the place its ticket gives it.</summary>
    public void Add(Receiver receiver)
    {
        var (tree, key) = PlaceOf(receiver);
        tree.Add(receiver, key);
    }

    /// <summary>Takes a receiver out, if it stands in line.</summary>
    public void Remove(Receiver receiver)
    {
        if (receiver.InTree) PlaceOf(receiver).Tree.Remove(receiver);
    }

    /// <summary>Takes all out; the receivers are not needed any more.</summary>
    public void Clear() => this = default;

    /// <summary>The first in line that would take a message of this type; null if there is none.</summary>
    public readonly Receiver? FirstFor(long type)
    {
        Waiter? first = null;
        if (_atMost is { Count: > 0 }) first = _atMost.FirstAtLeast(type);
        if (_exact is { Count: > 0 }) first = TicketTree.Earlier(first, _exact.FirstAt(type));
        if (_except is { Count: > 0 })
        {
            if (type > long.MinValue) first = TicketTree.Earlier(first, _except.FirstAtMost(type - 1));
            if (type < long.MaxValue) first = TicketTree.Earlier(first, _except.FirstAtLeast(type + 1));
        }

        return (Receiver?)first;
    }

    private (TicketTree Tree, long Key) PlaceOf(Receiver receiver)
    {
        if (receiver.Type == 0) return (_atMost ??= new(), long.MaxValue);
        if (receiver.Type < 0) return (_atMost ??= new(), MessageStore.AtMost(receiver.Type));
        return ((receiver.Flags & IpcFlags.MSG_EXCEPT) != 0 ? _except ??= new() : _exact ??= new(), receiver.Type);
    }
}
