using Cluster.Cli.Output;
using Op = Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Kinds;

/// <summary>
/// The calls on shared memory segments in the notation of strace. A process here reads and writes the memory by calls
/// to the extents. They have names of their own, because Linux has no such calls. The extents of POSIX objects serve
/// pread(2) and pwrite(2) too.
/// </summary>
internal static class SegmentStrace
{
    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        new(Op.Shmat, op => new("shmat", $"{op.Id}, NULL, {Flags(op.Call.Shmat.Flags)}"), Attached),
        new(Op.Shmdt, op => new("shmdt", $"/* {op.Id} */ 0x{op.Call.Shmdt.Attachment:x}")),
        new(Op.Shmstat,
            op => new("shmctl", $"{op.Id}, {(op.Call.Shmstat.Any ? "SHM_STAT_ANY" : "IPC_STAT")}, "), Stat),
        new(Op.Shmset, op => new("shmctl", $"{op.Id}, IPC_SET, {Change(op.Call.Shmset)}")),
        new(Op.Shmlock,
            op => new("shmctl", $"{op.Id}, {(op.Call.Shmlock.Unlock ? "SHM_UNLOCK" : "SHM_LOCK")}, NULL")),
        new(Op.ShmRead, Read, Bytes),
        new(Op.ShmWrite, Write, (op, _) => StraceOutcome.Of(op.Traced.CallLength)),
        new(Op.ShmAtomic, Atomic, Word),
    ];

    private static StraceArguments Read(TracedOperation op)
    {
        var ((id, at), read) = (ExtentId.Split(op.Id), op.Call.ShmRead);
        // A read of a description ends at the end of the object. A read of a mapping does not.
        if (read.Partial) return new("pread64", $"/* {id} */, ", $", {read.Length}, {at + read.Offset}");
        return new("shm_read", $"{id}, ", $", {read.Length}, 0x{at + read.Offset:x}");
    }

    private static StraceArguments Write(TracedOperation op)
    {
        var ((id, at), write, length) = (ExtentId.Split(op.Id), op.Call.ShmWrite, op.Traced.CallLength);
        var data = $"{StraceText.Quote(write.Data, length)}, {length}";
        // The same call writes through a description and through a mapping.
        return op.Kind is NamedKind
            ? new("pwrite64", $"/* {id} */, {data}, {at + write.Offset}")
            : new("shm_write", $"{id}, {data}, 0x{at + write.Offset:x}");
    }

    private static StraceArguments Atomic(TracedOperation op)
    {
        var ((id, at), atomic) = (ExtentId.Split(op.Id), op.Call.ShmAtomic);
        var (word, operands) = atomic.Operation switch
        {
            ShmAtomic.Types.Operation.Load => ("load", ""),
            ShmAtomic.Types.Operation.CompareExchange =>
                ("compare_exchange", $", 0x{atomic.Expected:x}, 0x{atomic.Operand:x}"),
            _ => (atomic.Operation.ToString().ToLowerInvariant(), $", 0x{atomic.Operand:x}"),
        };
        return new($"shm_{word}", $"{id}, 0x{at + atomic.Offset:x}, {atomic.Width}{operands}");
    }

    private static StraceOutcome Attached(TracedOperation op, Result result) =>
        result.ShmAttachment is { } attachment ? new("", $"0x{attachment.Id:x}") : StraceOutcome.Zero;

    // The data lack the zeros at their end. Nobody needs to see those.
    private static StraceOutcome Bytes(TracedOperation op, Result result) => result.ShmBytes is { } bytes
        ? new(StraceText.Quote(bytes.Data, bytes.Length), $"{bytes.Length}")
        : StraceOutcome.Zero;

    private static StraceOutcome Word(TracedOperation op, Result result) =>
        result.ShmWord is { } word ? new("", $"0x{word.Previous:x}") : StraceOutcome.Zero;

    private static StraceOutcome Stat(TracedOperation op, Result result) => result.SegmentStat is not { } stat
        ? StraceOutcome.Zero
        : new(
            $"{{shm_perm={StraceText.Of(stat.Permissions)}, shm_segsz={stat.Segsz}, shm_cpid={stat.Cpid}, "
            + $"shm_lpid={stat.Lpid}, shm_nattch={stat.Nattch}, shm_atime={stat.Atime}, shm_dtime={stat.Dtime}, "
            + $"shm_ctime={stat.Ctime}}}",
            "0");

    private static string Change(ShmSet set) => StraceText.Change("shm", set.Uid, set.Gid, set.Mode, set.Patch);

    private static string Flags(int flags) => StraceText.Flags(
        flags, (IpcFlags.SHM_RDONLY, "SHM_RDONLY"), (IpcFlags.SHM_RND, "SHM_RND"),
        (IpcFlags.SHM_REMAP, "SHM_REMAP"), (IpcFlags.SHM_EXEC, "SHM_EXEC"));
}
