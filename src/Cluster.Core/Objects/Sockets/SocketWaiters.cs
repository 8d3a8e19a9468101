using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.Sockets;

/// <summary>A caller blocked in connect(2): the socket that listens is asked, or its backlog is full.</summary>
public sealed class SocketConnecter(SocketConnecting connecting, ulong ticket)
    : Waiter(connecting.Pid, connecting.Seq, ticket, connecting.DeadlineMs, connecting.Credentials)
{
    public override Call ToCall() => new()
    {
        Seq = Seq,
        Socket = new SocketCall
        {
            Connect = new SocketConnect { Description = 1, Listener = connecting.Listener, Name = connecting.Name },
        },
    };
}

/// <summary>A caller blocked in accept(2).</summary>
public sealed class SocketAcceptor(SocketAcceptParked parked, ulong ticket)
    : Waiter(parked.Pid, parked.Seq, ticket, parked.DeadlineMs, new Credentials())
{
    /// <summary>Whether it fails with EAGAIN rather than wait.</summary>
    public bool IsNonblocking => parked.Nonblocking;

    public override Call ToCall() =>
        new() { Seq = Seq, Socket = new SocketCall { Accept = new SocketAccept { Description = 1 } } };

    /// <summary>The same call in the same place, after it had left the line.</summary>
    internal SocketAcceptor Again() => new(parked, Ticket);

    internal StoredSocketAcceptor ToState() => new() { Ticket = Ticket, Parked = parked };
}

/// <summary>A caller blocked in send(2), with the bytes that were not sent.</summary>
public sealed class SocketSender(SocketSending sending, ulong ticket, long done)
    : Waiter(sending.Pid, sending.Seq, ticket, sending.DeadlineMs, new Credentials())
{
    private int _from;

    /// <summary>The description of the end that sends.</summary>
    public long Description { get; } = sending.Description;

    /// <summary>How many bytes of the call were sent.</summary>
    public long Done { get; private set; } = done;

    /// <summary>The bytes that were not.</summary>
    public ReadOnlyMemory<byte> Rest => sending.Data.Memory[_from..];

    internal void Advance(int count)
    {
        _from += count;
        Done += count;
    }

    public override Call ToCall() => new()
    {
        Seq = Seq, Socket = new SocketCall { Send = new SocketSend { Description = Description, Data = sending.Data } },
    };

    internal StoredSocketSender ToState() => new()
    {
        Ticket = Ticket,
        Done = Done,
        Sending = new SocketSending
        {
            Pid = Pid,
            Seq = Seq,
            Description = Description,
            Data = ByteString.CopyFrom(Rest.Span),
            DeadlineMs = DeadlineMs,
        },
    };
}

/// <summary>A caller blocked in recv(2).</summary>
public sealed class SocketReceiver(SocketReceiving receiving, ulong ticket)
    : Waiter(receiving.Pid, receiving.Seq, ticket, receiving.DeadlineMs, new Credentials())
{
    /// <summary>The description of the end that receives.</summary>
    public long Description { get; } = receiving.Description;

    /// <summary>Bytes that the caller has room for.</summary>
    public long Size { get; } = receiving.Size;

    /// <summary>MSG_WAITALL.</summary>
    public int Flags { get; } = receiving.Flags;

    public override Call ToCall() => new()
    {
        Seq = Seq,
        Socket = new SocketCall
        {
            Receive = new SocketReceive { Description = Description, Size = Size, Flags = Flags },
        },
    };

    internal StoredSocketReceiver ToState() => new() { Ticket = Ticket, Receiving = receiving };
}

/// <summary>What a receive took, which goes back if its process ends without having acknowledged it.</summary>
internal sealed record CarriedRange(int End, List<PipeSlot> Slots);
