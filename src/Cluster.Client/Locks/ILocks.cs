using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// Locks by name, for processes on different machines. Each lives in a POSIX shared memory object, /dev/shm/lock.NAME, of 4,096
/// bytes, which the first process that opens it makes. A lock is freed when the process that has it ends, by itself or by the
/// end of its lease, and the next holder is told so: pthread_mutexattr_setrobust(3). A call to lock or to unlock is one call
/// to the cluster, and is in the journal when it completes.
/// <para>
/// Opening: the errors of <see cref="IPosixSharedMemory.OpenAsync"/>. Every use of a lock: EIDRM: the lock was unlinked and is
/// gone, or is volatile and was lost with its node; <see cref="IpcSessionLostException"/>: the process that opened it is lost.
/// </para>
/// </summary>
/// <example>
/// <code>
/// await using var mutex = await ipc.Locks.OpenMutexAsync("billing");
/// await using (var held = await mutex.LockAsync(timeout: TimeSpan.FromSeconds(10)))
/// {
///     if (held.OwnerDied)
///     {
///         await RepairAsync();
///         await held.MarkConsistentAsync();
///     }
///
///     await SaveAsync(fencingToken: held.Token);
/// }
/// </code>
/// </example>
public interface ILocks
{
    /// <summary>A robust mutex, made if there is none.</summary>
    /// <param name="name">The name: 1 to 250 bytes without a slash.</param>
    /// <param name="mode">Permissions of a new lock. To lock it, a process needs the right to read and to write.</param>
    /// <param name="durability">Of a new lock.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IRobustMutex> OpenMutexAsync(
        string name, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable, CancellationToken cancellationToken = default);

    /// <summary>A reader-writer lock, made if there is none. The mutex of the same name is its writer.</summary>
    /// <param name="name">As of <see cref="OpenMutexAsync"/>.</param>
    /// <param name="preference">Who goes first where readers and writers wait.</param>
    /// <param name="mode">As of <see cref="OpenMutexAsync"/>.</param>
    /// <param name="durability">Of a new lock.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IReaderWriterLock> OpenReaderWriterLockAsync(
        string name, LockPreference preference = LockPreference.Fair,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable, CancellationToken cancellationToken = default);

    /// <summary>A barrier, made if there is none: pthread_barrier_wait(3).</summary>
    /// <param name="name">As of <see cref="OpenMutexAsync"/>.</param>
    /// <param name="participants">How many callers go on together; every process gives the same number.</param>
    /// <param name="mode">As of <see cref="OpenMutexAsync"/>.</param>
    /// <param name="durability">Of a new barrier.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ILockBarrier> OpenBarrierAsync(
        string name, int participants, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable, CancellationToken cancellationToken = default);

    /// <summary>A countdown, made with a count if there is none; an existing one keeps its count.</summary>
    /// <param name="name">As of <see cref="OpenMutexAsync"/>.</param>
    /// <param name="initialCount">Signals that are needed, 0 to 2,147,483,646.</param>
    /// <param name="mode">As of <see cref="OpenMutexAsync"/>.</param>
    /// <param name="durability">Of a new countdown.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ICountdown> OpenCountdownAsync(
        string name, int initialCount, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable, CancellationToken cancellationToken = default);

    /// <summary>An action that happens once over all processes: pthread_once(3).</summary>
    /// <param name="name">As of <see cref="OpenMutexAsync"/>.</param>
    /// <param name="mode">As of <see cref="OpenMutexAsync"/>.</param>
    /// <param name="durability">Of a new one.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IOnce> OpenOnceAsync(
        string name, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable, CancellationToken cancellationToken = default);

    /// <summary>A mutex on a word of shared memory: 0 before its first use. The memory stays the caller's.</summary>
    /// <param name="memory">A segment that is attached for writing, or such a mapping, of this client.</param>
    /// <param name="offset">The word, a multiple of 4, in bytes from the start of the memory.</param>
    IRobustMutex MutexAt(ISharedMemory memory, long offset);

    /// <summary>Frees a name; those that have the lock open keep it. ENOENT: there is no such lock.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task UnlinkAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>
    /// The locks of the namespace that somebody has or waits for, as lslocks(8) lists them. Locks that this process may not
    /// read are left out. EMFILE: the namespace has more than 65,536 names of locks.
    /// </summary>
    IAsyncEnumerable<NamedLock> ListAsync(CancellationToken cancellationToken = default);
}

/// <summary>Who goes first where readers and writers wait for a lock.</summary>
public enum LockPreference
{
    /// <summary>Callers go in the order in which they came.</summary>
    Fair,

    /// <summary>A writer goes before all readers that wait: PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP.</summary>
    Writers,

    /// <summary>A reader goes before all writers that wait: PTHREAD_RWLOCK_PREFER_READER_NP.</summary>
    Readers,
}

/// <summary>A lock in a listing.</summary>
/// <param name="Name">The name.</param>
/// <param name="Lock">Who has it, and who waits.</param>
public sealed record NamedLock(string Name, FutexLockInfo Lock);
