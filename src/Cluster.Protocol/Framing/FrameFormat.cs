using System.Buffers.Binary;
using System.Net.Security;

namespace Cluster.Protocol;

/// <summary>
/// Frames on a bare connection, on the same port as gRPC. Each side begins with <see cref="Preface"/> and sends frames
/// after it: one kind (1 byte), one length (4 bytes, big-endian), and as many bytes as the length says. The bytes are a
/// ClientFrame from the client, and a ServerFrame from the node.
/// </summary>
/// <remarks>
/// HTTP/2 has another preface. The first byte that differs tells a gateway which of the two protocols a client speaks.
/// </remarks>
public static class FrameFormat
{
    /// <summary>The header with which a gateway answers a stream over gRPC at once: clients know it by it.</summary>
    public const string GatewayHeader = "cluster-ipc-gateway";

    /// <summary>What a client of frames names in TLS, beside h2 of gRPC: ALPN, RFC 7301.</summary>
    public static readonly SslApplicationProtocol TlsProtocol = new("ipc/1");

    /// <summary>Bytes before each frame: its kind and its length.</summary>
    public const int HeaderBytes = 5;

    /// <summary>A side that has received nothing for this time sends a ping.</summary>
    public static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(5);

    /// <summary>A side that has received nothing for this time after its ping closes the connection.</summary>
    public static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(3);

    /// <summary>The first bytes that each side sends.</summary>
    public static ReadOnlySpan<byte> Preface => "IPC/1\r\n"u8;

    /// <summary>Writes the <see cref="HeaderBytes"/> before a frame.</summary>
    public static void WriteHeader(Span<byte> header, FrameKind kind, int length)
    {
        header[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], length);
    }

    /// <summary>Reads the header that <see cref="WriteHeader"/> wrote.</summary>
    /// <exception cref="FrameException">The bytes are no header of a frame.</exception>
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

/// <summary>The kind of a frame.</summary>
public enum FrameKind : byte
{
    /// <summary>A ClientFrame or a ServerFrame.</summary>
    Data = 0,

    /// <summary>Asks for a pong.</summary>
    Ping = 1,

    /// <summary>Answers a ping.</summary>
    Pong = 2,
}

/// <summary>The other side has sent bytes that are no valid frame. The message says why.</summary>
public sealed class FrameException(string message) : IOException(message)
{
    /// <summary>The frame is larger than <see cref="Bounds.FrameBytes"/>.</summary>
    public static FrameException TooLarge() => new(
        $"a frame may have {Bounds.FrameBytes} bytes, and this one has more: send fewer calls in each frame");

    /// <summary>The first frame is larger than <see cref="Bounds.HelloBytes"/>.</summary>
    public static FrameException HelloTooLarge() => new(
        $"the first frame may have {Bounds.HelloBytes} bytes, and this one has more: it has to be a hello");

    /// <summary>The frame has more parts than a bound: messages, elements of lists, and unknown fields.</summary>
    public static FrameException TooManyParts(int bound) => new(
        $"this frame may have {bound} messages and elements of lists, and it has more: send fewer calls in each frame");
}
