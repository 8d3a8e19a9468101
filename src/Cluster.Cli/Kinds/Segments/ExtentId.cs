namespace Cluster.Cli.Kinds;

/// <summary>The id of an extent: shmid * 2^32 + index. An extent holds 262,144 bytes of a segment.</summary>
internal static class ExtentId
{
    /// <summary>The extent with a byte of a segment.</summary>
    public static Target Of(int segment, long offset) =>
        new() { Kind = Kind.Extent, Id = ((long)segment << 32) | (offset / Bounds.ExtentBytes) };

    /// <summary>The segment of an extent, and the offset of the extent's first byte in it.</summary>
    public static (long Segment, long Offset) Split(long id) => (id >> 32, (id & uint.MaxValue) * Bounds.ExtentBytes);
}
