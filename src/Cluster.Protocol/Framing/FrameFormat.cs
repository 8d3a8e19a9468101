using System.Buffers.Binary;

namespace Cluster.Protocol;

/// <summary>
/// Frames on a bare connection, on the port that gRPC has too: each side begins with <see cref="Preface"/>, and then
/// sends one kind (1 byte), one length (4 bytes, big-endian) and so many bytes again and again. From the client they
/// are a ClientFrame, from the node a ServerFrame.
/// </summary>
/// <remarks>
/// The preface is not one of HTTP: the first byte that differs says which of the two a client speaks.
/// </remarks>
public static class FrameFormat
{
    /// <summary>The header with which a gateway answers a stream over gRPC at once: clients know it by it.</summary>
    public const string GatewayHeader = "cluster-ipc-gateway";

    /// <summary>Bytes before each frame: its kind and its length.</summary>
    public const int HeaderBytes = 5;

    /// <summary>A side that has heard nothing for so long asks whether there is still somebody.</summary>
    public static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(5);

    /// <summary>And if it hears nothing for so long after that, it gives the connection up.</summary>
    public static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(3);

    /// <summary>What both sides begin with.</summary>
    public static ReadOnlySpan<byte> Preface => "IPC/1\r\n"u8;

    /// <summary>Writes the <see cref="HeaderBytes"/> before a frame.</summary>
    public static void WriteHeader(Span<byte> header, FrameKind kind, int length)
    {
        header[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], length);
    }

    /// <summary>Reads what <see cref="WriteHeader"/> wrote.</summary>
    /// <exception cref="FrameException">There is no such frame.</exception>
    public static (FrameKind Kind, int Length) ReadHeader(ReadOnlySpan<byte> header)
    {
        var (kind, length) = ((FrameKind)header[0], BinaryPrimitives.ReadUInt32BigEndian(header[1..]));
        if (kind > FrameKind.Pong)
            throw new FrameException($"a frame begins with 0, 1 or 2, and this one with {header[0]}");
        if (kind != FrameKind.Data && length != 0)
            throw new FrameException($"a {kind} has no bytes, and this one {length}");
        if (length > Bounds.FrameBytes) throw FrameException.TooLarge();
        return (kind, (int)length);
    }
}

/// <summary>What a frame is.</summary>
public enum FrameKind : byte
{
    /// <summary>A ClientFrame or a ServerFrame.</summary>
    Data = 0,

    /// <summary>Asks for a sign of life.</summary>
    Ping = 1,

    /// <summary>Is one.</summary>
    Pong = 2,
}

/// <summary>What the other side sends is not a frame. The message says why.</summary>
public sealed class FrameException(string message) : IOException(message)
{
    /// <summary>The frame is larger than <see cref="Bounds.FrameBytes"/>.</summary>
    public static FrameException TooLarge() => new(
        $"a frame may have {Bounds.FrameBytes} bytes, and this one has more: send fewer calls in each frame");
}
