using Cluster.Protocol;

namespace Cluster.Core.Objects.SharedMemory;

/// <summary>How the bytes of a segment lie in extents, and how extents are named.</summary>
public static class Extents
{
    private const int IndexBits = 32;

    /// <summary>The extent of a segment.</summary>
    public static EntityKey KeyOf(ulong number, int shmid, int index) => new()
    {
        Kind = Kind.Extent, Namespace = number, Id = ((long)shmid << IndexBits) | (uint)index,
    };

    /// <summary>Whether a number can be the id of an extent: a shmid and an index, neither negative.</summary>
    public static bool IsId(long id) => id >= 0 && (int)(uint)id >= 0;

    /// <summary>The segment of an extent.</summary>
    public static EntityKey SegmentOf(EntityKey extent) => new()
    {
        Kind = Kind.SharedMemory, Namespace = extent.Namespace, Id = extent.Id >> IndexBits,
    };

    /// <summary>The index of an extent in its segment. Negative: no such extent is possible.</summary>
    public static int IndexOf(EntityKey extent) => (int)(uint)extent.Id;

    /// <summary>The bytes of a segment that lie in one of its extents; 0: the segment is shorter.</summary>
    public static int BytesOf(ulong size, int index)
    {
        var start = (ulong)(uint)index * Bounds.ExtentBytes;
        return index < 0 || start >= size ? 0 : (int)Math.Min(size - start, Bounds.ExtentBytes);
    }
}
