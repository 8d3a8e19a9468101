using System.Text;
using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;

namespace Cluster.Core.Objects.PosixSharedMemory;

/// <summary>
/// The kind "POSIX shared memory object": shm_overview(7). Names and their errors are those of the C library (glibc), which
/// opens the file NAME in /dev/shm.
/// </summary>
public sealed class PosixSharedMemoryKind()
    : ObjectKind(Kind.PosixSharedMemory, "pshm", 'M', objectsLimit: null)
{
    private const int ExtentsPerObject = (int)(Bounds.SegmentBytes / Bounds.ExtentBytes);

    public override IReadOnlyList<PartKind> Parts { get; } =
        [new(Kind.PosixExtent, key => new Extent(key), IsExtent, Extents.OwnerOf, WhyNotExtent)];

    public override bool IsNamed => true;

    public override bool IsSized => false;

    public override bool IsSystemV => false;

    public override ObjectMachine Create(EntityKey key) => new SharedMemoryObject(key);

    public override bool IsSize(long size, Limits limits) => size == 0;

    public override string Normalize(string name) => "/" + name.TrimStart('/');

    public override Errno WhyNotName(string name, bool unlinks)
    {
        var file = name.TrimStart('/');
        // EINVAL: "The name argument to shm_open() was invalid." The C library finds no such name when it is unlinked.
        if (file.Length == 0 || file.AsSpan().ContainsAny('/', '\0')) return unlinks ? Errno.ENOENT : Errno.EINVAL;
        // The C library has room for a name of a file after "sem.", with which the files of semaphores begin.
        var bytes = Encoding.UTF8.GetByteCount(file);
        if (bytes > Bounds.NameBytes + "sem.".Length) return unlinks ? Errno.ENOENT : Errno.EINVAL;
        // The directory and its parent. The C library turns EISDIR of open(2) into EINVAL, and leaves that of unlink(2).
        if (file is "." or "..") return unlinks ? Errno.EISDIR : Errno.EINVAL;
        // ENAMETOOLONG: "The length of name exceeds PATH_MAX", and that of a file NAME_MAX.
        return bytes > Bounds.NameBytes ? Errno.ENAMETOOLONG : Errno.None;
    }

    private static bool IsExtent(long id) => Extents.IsId(id) && (uint)id < ExtentsPerObject;

    private static string? WhyNotExtent(EntityKey extent, Reply owner, ulong offset) =>
        owner.SegmentSize is { } size
        && (offset >= size.Bytes || Extents.BytesOf(size.Bytes, Extents.IndexOf(extent)) == 0)
            ? $"the object has {size.Bytes} bytes"
            : null;
}
