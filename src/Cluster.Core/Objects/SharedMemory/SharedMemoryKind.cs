using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;

namespace Cluster.Core.Objects.SharedMemory;

/// <summary>
/// The kind "shared memory segment". In ipc/shm.c newseg checks SHMMIN (1) to shmmax, then shmall in pages.
/// </summary>
public sealed class SharedMemoryKind() : ObjectKind(Kind.SharedMemory, "shm", 'm', "shmmni")
{
    public override IReadOnlyList<PartKind> Parts { get; } =
        [new(Kind.Extent, key => new Extent(key), Extents.IsId, Extents.OwnerOf, WhyNotExtent)];

    public override ObjectMachine Create(EntityKey key) => new Segment(key);

    // size_t of shmget(2) has 64 bits. A size above LONG_MAX fails only where the size counts: not for an absent key.
    public override bool IsSize(long size, Limits limits) => true;

    public override bool IsNewSize(long size, Limits limits) => size > 0 && (ulong)size <= limits.Shmmax;

    public override bool CanHold(long size) => size <= Bounds.SegmentBytes;

    public override ulong UnitsOf(ulong size) => (size + Bounds.PageBytes - 1) / Bounds.PageBytes;

    public override ulong UnitsBound(Limits limits) => limits.Shmall;

    // A segment on a node of an older version does not tell its size.
    private static string? WhyNotExtent(EntityKey extent, Reply segment, ulong offset) =>
        segment.SegmentSize is { } size
        && (offset >= size.Bytes || Extents.BytesOf(size.Bytes, Extents.IndexOf(extent)) == 0)
            ? $"the segment has {size.Bytes} bytes"
            : null;
}
