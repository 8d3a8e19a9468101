using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Fifos;

/// <summary>A caller blocked in open(2) until somebody opens the other end.</summary>
public sealed class FifoOpener(FifoOpening opening, ulong ticket)
    : Waiter(opening.Pid, opening.Seq, ticket, opening.DeadlineMs, new Credentials())
{
    /// <summary>The flags of open(2).</summary>
    public int Flags { get; } = opening.Flags;

    /// <summary>Whether it opens the end that writes.</summary>
    public bool Writes => (Flags & FileFlags.O_ACCMODE) == FileFlags.O_WRONLY;

    public override Call ToCall() => new()
    {
        Seq = Seq, Description = new DescriptionCall { Open = new DescriptionOpen { Flags = Flags } },
    };

    internal FifoOpening ToState() => new() { Pid = Pid, Seq = Seq, Flags = Flags, DeadlineMs = DeadlineMs };
}

/// <summary>A caller blocked in write(2), with the bytes that have not entered the pipe.</summary>
public sealed class FifoWriter(FifoWriting writing, ulong ticket, long done)
    : Waiter(writing.Pid, writing.Seq, ticket, writing.DeadlineMs, new Credentials())
{
    private int _from;

    /// <summary>Whether the bytes are packets.</summary>
    public bool IsPacket { get; } = writing.Packet;

    /// <summary>How many bytes of the call have entered the pipe.</summary>
    public long Done { get; private set; } = done;

    /// <summary>The bytes that have not.</summary>
    public ReadOnlyMemory<byte> Rest => writing.Data.Memory[_from..];

    internal void Advance(int count)
    {
        _from += count;
        Done += count;
    }

    public override Call ToCall() =>
        new() { Seq = Seq, Fifo = new FifoCall { Write = new FifoWrite { Data = writing.Data } } };

    internal FifoWriting ToState() => new()
    {
        Pid = Pid,
        Seq = Seq,
        Data = Google.Protobuf.ByteString.CopyFrom(Rest.Span),
        Packet = IsPacket,
        DeadlineMs = DeadlineMs,
    };
}

/// <summary>A caller blocked in read(2).</summary>
public sealed class FifoReader(FifoReading reading, ulong ticket)
    : Waiter(reading.Pid, reading.Seq, ticket, reading.DeadlineMs, new Credentials())
{
    /// <summary>Bytes that the caller has room for.</summary>
    public long Size { get; } = reading.Size;

    public override Call ToCall() => new() { Seq = Seq, Fifo = new FifoCall { Read = new FifoRead { Size = Size } } };

    internal FifoReading ToState() => new() { Pid = Pid, Seq = Seq, Size = Size, DeadlineMs = DeadlineMs };
}
