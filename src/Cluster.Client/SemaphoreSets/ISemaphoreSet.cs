using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// One semaphore set: semop(2) and semctl(2). A call that fails throws <see cref="IpcException"/>; EINVAL: there never
/// was such a set, or no semaphore has the number; EIDRM: it was removed; EACCES: the process may not. Cancellation is
/// as for <see cref="IMessageQueue"/>.
/// </summary>
public interface ISemaphoreSet
{
    /// <summary>semid.</summary>
    int Id { get; }

    /// <summary>
    /// semop(2), semtimedop(2): performs all operations, in their order, or none; waits until they can be performed.
    /// EAGAIN: IPC_NOWAIT, or the time is up; E2BIG: more than semopm; EFBIG: no such semaphore; ERANGE: a value would
    /// be above 32,767.
    /// </summary>
    /// <param name="operations">The operations.</param>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>The set's count of events when they were performed: a fencing token.</returns>
    ValueTask<ulong> OperateAsync(
        IReadOnlyList<SemaphoreOperation> operations,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>As <see cref="OperateAsync"/>, but null where that fails with EAGAIN.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="timeout">How long to wait; null: not at all.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<ulong?> TryOperateAsync(
        IReadOnlyList<SemaphoreOperation> operations,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>Takes from a semaphore with SEM_UNDO, and waits until it can. EAGAIN: the time is up.</summary>
    /// <param name="number">Which semaphore, from 0.</param>
    /// <param name="count">How much.</param>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>Gives it back when it is disposed of.</returns>
    ValueTask<SemaphorePermit> AcquireAsync(
        int number = 0, int count = 1, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="AcquireAsync"/>, but null where that fails with EAGAIN.</summary>
    /// <param name="number">Which semaphore, from 0.</param>
    /// <param name="count">How much.</param>
    /// <param name="timeout">How long to wait; null: not at all.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<SemaphorePermit?> TryAcquireAsync(
        int number = 0, int count = 1, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Uses a semaphore as a mutex: waits for zero and adds one, with SEM_UNDO. A set that was just made is an open
    /// lock, so nobody has to give it a first value. EAGAIN: the time is up. Callers of this client that wait one
    /// behind the other, without a time-out and with nobody else's between, hand the lock to each other without the
    /// cluster: many tasks on one lock belong here rather than to <see cref="AcquireAsync"/>.
    /// </summary>
    /// <param name="number">Which semaphore, from 0.</param>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>Unlocks when it is disposed of; its Revision is the lock's fencing token.</returns>
    ValueTask<SemaphorePermit> LockAsync(
        int number = 0, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>semctl(GETVAL).</summary>
    Task<int> GetValueAsync(int number, CancellationToken cancellationToken = default);

    /// <summary>semctl(GETPID): the process that last operated on the semaphore.</summary>
    Task<int> GetPidAsync(int number, CancellationToken cancellationToken = default);

    /// <summary>semctl(GETNCNT): calls that wait for the value to increase.</summary>
    Task<int> GetIncreaseCountAsync(int number, CancellationToken cancellationToken = default);

    /// <summary>semctl(GETZCNT): calls that wait for zero.</summary>
    Task<int> GetZeroCountAsync(int number, CancellationToken cancellationToken = default);

    /// <summary>semctl(GETALL).</summary>
    Task<IReadOnlyList<int>> GetAllAsync(CancellationToken cancellationToken = default);

    /// <summary>GETALL and, of every semaphore at the same moment, GETPID, GETNCNT and GETZCNT.</summary>
    Task<SemValues> LookAsync(CancellationToken cancellationToken = default);

    /// <summary>semctl(SETVAL): wakes who can go on; clears what is to be undone. ERANGE: not 0 to 32,767.</summary>
    Task SetValueAsync(int number, int value, CancellationToken cancellationToken = default);

    /// <summary>semctl(SETALL): as <see cref="SetValueAsync"/>. EINVAL: not as many as the set has.</summary>
    Task SetAllAsync(IReadOnlyList<int> values, CancellationToken cancellationToken = default);

    /// <summary>semctl(IPC_STAT): EACCES without read permission, unless any.</summary>
    /// <param name="any">As SEM_STAT_ANY does: without the check of read permission.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<SetStat> StatAsync(bool any = false, CancellationToken cancellationToken = default);

    /// <summary>semctl(IPC_SET). EPERM: neither owner, creator nor root.</summary>
    /// <param name="uid">The owner.</param>
    /// <param name="gid">The owner's group.</param>
    /// <param name="mode">Nine permission bits.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task SetAsync(uint uid, uint gid, int mode, CancellationToken cancellationToken = default);

    /// <summary>semctl(IPC_RMID): whoever waits wakes with EIDRM. EPERM: neither owner, creator nor root.</summary>
    Task RemoveAsync(CancellationToken cancellationToken = default);
}
