using Cluster.Protocol;

namespace Cluster.Core.Memory;

/// <summary>
/// How the bytes of a shared memory object lie in extents, and how extents are named. A System V segment has extents of the
/// kind Extent, a POSIX object those of the kind PosixExtent; otherwise the names are the same.
/// </summary>
public static class Extents
{
    private const int IndexBits = 32;

    /// <summary>The extent of a System V segment.</summary>
    public static EntityKey KeyOf(ulong number, int shmid, int index) => KeyOf(Kind.Extent, number, shmid, index);

    /// <summary>The extent of an object of either kind.</summary>
    public static EntityKey KeyOf(EntityKey owner, int index) => KeyOf(
        owner.Kind == Kind.SharedMemory ? Kind.Extent : Kind.PosixExtent, owner.Namespace, (int)owner.Id, index);

    /// <summary>Whether a number can be the id of an extent: that of an object, and an index, neither negative.</summary>
    public static bool IsId(long id) => id >= 0 && (int)(uint)id >= 0;

    /// <summary>The segment or POSIX object of an extent.</summary>
    public static EntityKey OwnerOf(EntityKey extent) => new()
    {
        Kind = extent.Kind == Kind.Extent ? Kind.SharedMemory : Kind.PosixSharedMemory,
        Namespace = extent.Namespace,
        Id = extent.Id >> IndexBits,
    };

    /// <summary>The index of an extent in its object. Negative: no such extent is possible.</summary>
    public static int IndexOf(EntityKey extent) => (int)(uint)extent.Id;

    /// <summary>The bytes of an object that lie in one of its extents; 0: the object is shorter.</summary>
    public static int BytesOf(ulong size, int index)
    {
        var start = (ulong)(uint)index * Bounds.ExtentBytes;
        return index < 0 || start >= size ? 0 : (int)Math.Min(size - start, Bounds.ExtentBytes);
    }

    private static EntityKey KeyOf(Kind kind, ulong number, int id, int index) => new()
    {
        Kind = kind, Namespace = number, Id = ((long)id << IndexBits) | (uint)index,
    };
}
