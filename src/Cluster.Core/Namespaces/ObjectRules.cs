using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <summary>
/// What a directory has to know of the kind that it lists: the sizes and the limits of the get calls.
/// </summary>
internal abstract class ObjectRules
{
    /// <summary>Bytes of one page of shared memory, which shmall counts.</summary>
    public const ulong PageBytes = 4096;

    /// <summary>Whether the caller of the get call names a size.</summary>
    public virtual bool IsSized => true;

    /// <summary>The rules of a kind.</summary>
    public static ObjectRules Of(Kind kind) => kind switch
    {
        Kind.SemaphoreSet => new SemaphoreRules(),
        Kind.SharedMemory => new SharedMemoryRules(),
        _ => new QueueRules(),
    };

    /// <summary>Objects that a namespace may have.</summary>
    public abstract long ObjectsBound(Limits limits);

    /// <summary>Whether a size is possible at all, be the object new or not: EINVAL.</summary>
    public virtual bool IsSize(long size, Limits limits) => size >= 0;

    /// <summary>Whether a new object may have the size: EINVAL.</summary>
    public virtual bool IsNewSize(long size, Limits limits) => true;

    /// <summary>The size of a new object.</summary>
    public virtual ulong InitialSize(long size, Limits limits) => (ulong)size;

    /// <summary>What an object takes of the namespace's total: semaphores or pages.</summary>
    public virtual ulong UnitsOf(ulong size) => 0;

    /// <summary>The namespace's total: ENOSPC.</summary>
    public virtual ulong UnitsBound(Limits limits) => ulong.MaxValue;

    private sealed class QueueRules : ObjectRules
    {
        public override bool IsSized => false;

        public override long ObjectsBound(Limits limits) => limits.Msgmni;

        public override bool IsSize(long size, Limits limits) => size == 0;

        public override ulong InitialSize(long size, Limits limits) => (ulong)limits.Msgmnb;
    }

    /// <remarks>ipc/sem.c: semget checks semmsl before the key, newary that there is a semaphore, and semmns.</remarks>
    private sealed class SemaphoreRules : ObjectRules
    {
        public override long ObjectsBound(Limits limits) => limits.Semmni;

        public override bool IsSize(long size, Limits limits) => size >= 0 && size <= limits.Semmsl;

        public override bool IsNewSize(long size, Limits limits) => size > 0;

        public override ulong UnitsOf(ulong size) => size;

        public override ulong UnitsBound(Limits limits) => (ulong)limits.Semmns;
    }

    /// <remarks>ipc/shm.c, newseg: SHMMIN (1) to shmmax, then shmall in pages.</remarks>
    private sealed class SharedMemoryRules : ObjectRules
    {
        public override long ObjectsBound(Limits limits) => limits.Shmmni;

        public override bool IsNewSize(long size, Limits limits) =>
            size is > 0 and <= Bounds.SegmentBytes && (ulong)size <= limits.Shmmax;

        public override ulong UnitsOf(ulong size) => (size + PageBytes - 1) / PageBytes;

        public override ulong UnitsBound(Limits limits) => limits.Shmall;
    }
}
