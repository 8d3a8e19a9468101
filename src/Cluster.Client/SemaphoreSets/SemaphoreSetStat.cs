using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>struct semid_ds, and what only this system knows. Times are seconds since the epoch; 0: never.</summary>
public sealed record SemaphoreSetStat
{
    /// <summary>semid.</summary>
    public int Id { get; init; }

    /// <summary>sem_perm.</summary>
    public IpcPermissions Permissions { get; init; }

    /// <summary>sem_otime: the last semop(2).</summary>
    public long Otime { get; init; }

    /// <summary>sem_ctime: the creation, or the last IPC_SET, SETVAL or SETALL.</summary>
    public long Ctime { get; init; }

    /// <summary>sem_nsems: semaphores of the set.</summary>
    public long Nsems { get; init; }

    /// <summary>Calls that block in semop(2).</summary>
    public long Waiters { get; init; }

    /// <summary>Whether a journal keeps the set.</summary>
    public Durability Durability { get; init; }

    internal static SemaphoreSetStat From(SetStat wire) => new()
    {
        Id = wire.Id,
        Permissions = IpcPermissions.From(wire.Permissions),
        Otime = wire.Otime,
        Ctime = wire.Ctime,
        Nsems = wire.Nsems,
        Waiters = wire.Waiters,
        Durability = wire.Volatile ? Durability.Volatile : Durability.Durable,
    };
}
