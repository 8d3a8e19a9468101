namespace Cluster.Cli.Kinds;

/// <summary>The id of an extent: shmid * 2^32 + index. It holds 262,144 bytes of a segment or POSIX object.</summary>
internal static class ExtentId
{
    /// <summary>The extent, of a kind, with a byte of a segment.</summary>
    public static Target Of(Kind kind, int segment, long offset) =>
        new() { Kind = kind, Id = ((long)segment << 32) | (offset / Bounds.ExtentBytes) };

    /// <summary>The segment of an extent, and the offset of the extent's first byte in it.</summary>
    public static (long Segment, long Offset) Split(long id) => (id >> 32, (id & uint.MaxValue) * Bounds.ExtentBytes);
}
