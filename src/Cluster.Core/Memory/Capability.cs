using System.Buffers.Binary;
using System.Security.Cryptography;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Memory;

/// <summary>
/// The numbers that a process shows to the extents, so that they need not ask the object about each call. A capability
/// is a hash of the object's secret and the pid, which the session stamps, so it is useless to other processes. A
/// handle is a hash of the secret and an attachment, so a process can hand it to another one. Both are valid as long as
/// the object exists. A descriptor that is open for writing only has a capability that does not read.
/// </summary>
internal static class Capability
{
    private const int SecretBytes = 16;

    /// <summary>The secret of a new object. The incarnation is random and never leaves the cluster.</summary>
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
    public static ulong Of(ByteString secret, int pid, bool writes) => Of(secret, pid, writes ? (byte)1 : (byte)0);

    /// <summary>The capability of a process to write, and not to read.</summary>
    public static ulong ToWriteOnly(ByteString secret, int pid) => Of(secret, pid, right: 2);

    /// <summary>
    /// The handle of an attachment. Its text is longer than that of a capability, so the two never match.
    /// </summary>
    public static ulong HandleOf(ByteString secret, long attachment, bool writes)
    {
        Span<byte> text = stackalloc byte[9];
        BinaryPrimitives.WriteInt64LittleEndian(text, attachment);
        text[8] = writes ? (byte)1 : (byte)0;
        return Hash(secret, text);
    }

    private static ulong Of(ByteString secret, int pid, byte right)
    {
        Span<byte> text = stackalloc byte[5];
        BinaryPrimitives.WriteInt32LittleEndian(text, pid);
        text[4] = right;
        return Hash(secret, text);
    }

    private static ulong Hash(ByteString secret, ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret.Span, text, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
