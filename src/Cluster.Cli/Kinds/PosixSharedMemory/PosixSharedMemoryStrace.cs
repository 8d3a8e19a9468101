using Op = Cluster.Protocol.PosixSharedMemoryCall.OpOneofCase;

namespace Cluster.Cli.Kinds;

/// <summary>
/// The calls on POSIX shared memory objects in the notation of strace. The number of the description stands in the
/// place of the descriptor, and the number of the mapping in the place of its address. The bytes are read and written
/// at the extents: <see cref="SegmentStrace"/>.
/// </summary>
internal static class PosixSharedMemoryStrace
{
    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        Format(Op.Truncate, op =>
        {
            var truncate = op.Call.PosixSharedMemory.Truncate;
            // A write beyond the end makes the object grow first.
            var why = truncate.Grows ? " /* grows */" : "";
            return new("ftruncate", $"{truncate.Description}, {truncate.Length}{why}");
        }),
        Format(Op.Map, Mapped, (_, result) => new("", $"0x{result.ShmAttachment?.Id ?? 0:x}")),
        Format(Op.Unmap, op => new("munmap", $"/* {op.Id} */ 0x{op.Call.PosixSharedMemory.Unmap.Mapping:x}")),
        // Linux has no such call: the extents know no descriptions.
        Format(Op.Access, op => new("shm_access", $"{op.Call.PosixSharedMemory.Access.Description}")),
    ];

    private static StraceFormat Format(
        Op operation, Func<TracedOperation, StraceArguments> arguments,
        Func<TracedOperation, Result, StraceOutcome>? outcome = null) =>
        new(CallTraits.Find(Call.OpOneofCase.PosixSharedMemory, (int)operation), arguments, outcome);

    private static StraceArguments Mapped(TracedOperation op)
    {
        var map = op.Call.PosixSharedMemory.Map;
        var protection = map.Writes ? "PROT_READ|PROT_WRITE" : "PROT_READ";
        var offset = map.Offset == 0 ? "0" : $"0x{map.Offset:x}";
        return new("mmap", $"NULL, {map.Length}, {protection}, MAP_SHARED, {map.Description}, {offset}");
    }
}
