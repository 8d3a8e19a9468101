using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>struct shmid_ds, and what only this system knows. Times are seconds since the epoch; 0: never.</summary>
public sealed record SharedMemorySegmentStat
{
    /// <summary>shmid.</summary>
    public int Id { get; init; }

    /// <summary>shm_perm, with the nine permission bits as its mode.</summary>
    public IpcPermissions Permissions { get; init; }

    /// <summary>SHM_DEST: the segment was removed, and goes with its last attachment.</summary>
    public bool IsDoomed { get; init; }

    /// <summary>SHM_LOCKED: SHM_LOCK was called later than SHM_UNLOCK.</summary>
    public bool IsLocked { get; init; }

    /// <summary>
    /// shm_perm.mode as shmctl(2) has it: the permission bits, SHM_DEST (01000) and SHM_LOCKED (02000).
    /// </summary>
    public int ModeBits => (int)Permissions.Mode
        | (IsDoomed ? IpcFlags.SHM_DEST : 0) | (IsLocked ? IpcFlags.SHM_LOCKED : 0);

    /// <summary>shm_segsz: bytes of the segment.</summary>
    public ulong Segsz { get; init; }

    /// <summary>shm_atime: the last shmat(2).</summary>
    public long Atime { get; init; }

    /// <summary>shm_dtime: the last shmdt(2).</summary>
    public long Dtime { get; init; }

    /// <summary>shm_ctime: the creation, or the last IPC_SET.</summary>
    public long Ctime { get; init; }

    /// <summary>shm_cpid: the process that made the segment.</summary>
    public int Cpid { get; init; }

    /// <summary>shm_lpid: the process of the last shmat(2) or shmdt(2).</summary>
    public int Lpid { get; init; }

    /// <summary>shm_nattch: attachments.</summary>
    public ulong Nattch { get; init; }

    /// <summary>Extents of 262,144 bytes that have been written.</summary>
    public ulong Extents { get; init; }

    /// <summary>Whether a journal keeps the segment.</summary>
    public Durability Durability { get; init; }

    internal static SharedMemorySegmentStat From(SegmentStat wire) => new()
    {
        Id = wire.Id,
        Permissions = IpcPermissions.From(wire.Permissions),
        IsDoomed = ((wire.Permissions?.Mode ?? 0) & IpcFlags.SHM_DEST) != 0,
        IsLocked = ((wire.Permissions?.Mode ?? 0) & IpcFlags.SHM_LOCKED) != 0,
        Segsz = wire.Segsz,
        Atime = wire.Atime,
        Dtime = wire.Dtime,
        Ctime = wire.Ctime,
        Cpid = wire.Cpid,
        Lpid = wire.Lpid,
        Nattch = wire.Nattch,
        Extents = wire.Extents,
        Durability = wire.Volatile ? Durability.Volatile : Durability.Durable,
    };
}
