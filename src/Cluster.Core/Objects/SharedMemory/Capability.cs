using System.Buffers.Binary;
using System.Security.Cryptography;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.SharedMemory;

/// <summary>
/// What a process that is attached shows to the extents, so that they need not ask the segment about each call: a hash
/// of the segment's secret and the pid, which the gateway stamps. It is of no use to another process, and lasts as long
/// as the segment.
/// </summary>
internal static class Capability
{
    private const int SecretBytes = 16;

    /// <summary>The secret of a new segment. The incarnation is random, and nobody outside ever sees it.</summary>
    public static ByteString NewSecret(EntityKey key, ulong incarnation)
    {
        Span<byte> text = stackalloc byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(text, incarnation);
        BinaryPrimitives.WriteUInt64LittleEndian(text[8..], key.Namespace);
        BinaryPrimitives.WriteInt64LittleEndian(text[16..], key.Id);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        return ByteString.CopyFrom(hash[..SecretBytes]);
    }

    /// <summary>The capability of a process to read, or to read and write.</summary>
    public static ulong Of(ByteString secret, int pid, bool writes)
    {
        Span<byte> text = stackalloc byte[5];
        BinaryPrimitives.WriteInt32LittleEndian(text, pid);
        text[4] = writes ? (byte)1 : (byte)0;
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret.Span, text, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
