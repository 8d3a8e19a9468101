using Cluster.Protocol;

namespace Cluster.Core.Objects.SharedMemory;

/// <summary>How the bytes of a segment are spread over extents.</summary>
public static class Extents
{
    private const int IndexBits = 32;

    /// <summary>The extent of a segment.</summary>
    public static EntityKey KeyOf(ulong number, int shmid, int index) => new()
    {
        Kind = Kind.Extent, Namespace = number, Id = ((long)shmid << IndexBits) | (uint)index,
    };

    /// <summary>The segment of an extent.</summary>
    public static EntityKey SegmentOf(EntityKey extent) => new()
    {
        Kind = Kind.SharedMemory, Namespace = extent.Namespace, Id = extent.Id >> IndexBits,
    };

    /// <summary>Which of its segment's extents it is. Negative: none that could be.</summary>
    public static int IndexOf(EntityKey extent) => (int)(uint)extent.Id;

    /// <summary>Bytes of a segment that lie in one of its extents; 0: the segment is not so long.</summary>
    public static int BytesOf(ulong size, int index)
    {
        var start = (ulong)(uint)index * Bounds.ExtentBytes;
        return index < 0 || start >= size ? 0 : (int)Math.Min(size - start, Bounds.ExtentBytes);
    }
}
