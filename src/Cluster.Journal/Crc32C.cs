using System.Buffers.Binary;
using System.Numerics;

namespace Cluster.Journal;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4) of bytes that come in several parts.</summary>
internal static class Crc32C
{
    /// <summary>The value before the first part.</summary>
    public const uint Start = uint.MaxValue;

    /// <summary>Adds a part.</summary>
    public static uint Add(uint sum, ReadOnlySpan<byte> part)
    {
        for (; part.Length >= sizeof(ulong); part = part[sizeof(ulong)..])
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(part));
        foreach (var value in part) sum = BitOperations.Crc32C(sum, value);
        return sum;
    }

    /// <summary>Adds a number of 64 bits.</summary>
    public static uint Add(uint sum, long value) => BitOperations.Crc32C(sum, (ulong)value);

    /// <summary>The checksum of all parts that were added.</summary>
    public static uint End(uint sum) => ~sum;
}
