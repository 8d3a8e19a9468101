using System.Buffers.Binary;

namespace Cluster.Actors.Membership.Links;

/// <summary>A frame of a peer link: 16 bytes, little endian. Each end sends a hello first.</summary>
internal static class PeerLinkFrame
{
    public const int Bytes = 16;

    /// <summary>"IPCL".</summary>
    private const uint Magic = 0x4C435049;

    /// <summary>A hello: the purpose of the link, the uid of its sender and the uid of the wanted node.</summary>
    public static byte[] Hello(PeerLinkKind kind, int from, int to)
    {
        var frame = new byte[Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), (int)kind);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(8), from);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(12), to);
        return frame;
    }

    public static bool TryHello(ReadOnlySpan<byte> frame, out PeerLinkKind kind, out int from, out int to)
    {
        kind = (PeerLinkKind)BinaryPrimitives.ReadInt32LittleEndian(frame[4..]);
        from = BinaryPrimitives.ReadInt32LittleEndian(frame[8..]);
        to = BinaryPrimitives.ReadInt32LittleEndian(frame[12..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(frame) == Magic && Enum.IsDefined(kind);
    }

    /// <summary>
    /// A question with the asker's time, or its answer with the number of members that the answerer counts.
    /// </summary>
    public static byte[] Ping(long askedMs, int voters)
    {
        var frame = new byte[Bytes];
        BinaryPrimitives.WriteInt64LittleEndian(frame, askedMs);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(8), voters);
        return frame;
    }

    public static (long AskedMs, int Voters) Ping(ReadOnlySpan<byte> frame) =>
        (BinaryPrimitives.ReadInt64LittleEndian(frame), BinaryPrimitives.ReadInt32LittleEndian(frame[8..]));
}
