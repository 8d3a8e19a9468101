using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// One semaphore set: semop(2) and semctl(2). A call that fails throws <see cref="IpcException"/>; EINVAL: there never
/// was such a set, or no semaphore has the number; EIDRM: it was removed; EACCES: the process may not. A call whose
/// time-out passes throws <see cref="IpcTimeoutException"/> with EAGAIN, as semtimedop(2) has it. A time-out of null
/// waits for ever, in every method; methods that begin with Try do not wait unless they are given a time-out.
/// Cancellation is as for <see cref="IMessageQueue"/>.
/// </summary>
/// <example>
/// <code>
/// var set = await ipc.SemaphoreSets.GetAsync(key: 43);
/// await using (var held = await set.LockAsync(timeout: TimeSpan.FromSeconds(10)))
///     await SaveAsync(fencingToken: held.Revision);
/// await set.OperateAsync([new(Number: 0, Amount: +1), new(Number: 1, Amount: -2, SemFlags.Undo)]);
/// </code>
/// </example>
public interface ISemaphoreSet : IIpcObject<SemaphoreSetStat, PermissionsChange>
{
    /// <summary>
    /// semop(2), semtimedop(2): performs all operations, in their order, or none; waits until they can be performed.
    /// EAGAIN: an operation has <see cref="SemFlags.NoWait"/>; E2BIG: more than semopm; EFBIG: no such semaphore;
    /// ERANGE: a value would be above 32,767.
    /// </summary>
    /// <param name="operations">The operations.</param>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>The set's count of events when they were performed: a fencing token.</returns>
    /// <exception cref="IpcTimeoutException">EAGAIN: the time-out passed. If an operation has
    /// <see cref="SemFlags.NoWait"/>, the call may as well not have waited, and EAGAIN is an
    /// <see cref="IpcException"/>.</exception>
    ValueTask<ulong> OperateAsync(
        IReadOnlyList<SemaphoreOperation> operations,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>semop(IPC_NOWAIT): as <see cref="OperateAsync"/>, but null (EAGAIN) if the operations would have to
    /// wait.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<ulong?> TryOperateAsync(
        IReadOnlyList<SemaphoreOperation> operations, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="OperateAsync"/>, but null where that fails with EAGAIN.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<ulong?> TryOperateAsync(
        IReadOnlyList<SemaphoreOperation> operations,
        TimeSpan timeout,
        CancellationToken cancellationToken = default);

    /// <summary>Takes from a semaphore with SEM_UNDO, and waits until it can.</summary>
    /// <param name="number">Which semaphore, from 0.</param>
    /// <param name="count">How much.</param>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>Gives it back when it is disposed of.</returns>
    /// <exception cref="IpcTimeoutException">EAGAIN: the time-out passed.</exception>
    ValueTask<SemaphorePermit> AcquireAsync(
        int number = 0, int count = 1, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="AcquireAsync"/>, but null (EAGAIN) if it would have to wait.</summary>
    /// <param name="number">Which semaphore, from 0.</param>
    /// <param name="count">How much.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<SemaphorePermit?> TryAcquireAsync(
        int number = 0, int count = 1, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="AcquireAsync"/>, but null (EAGAIN) if the time-out passes.</summary>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="number">Which semaphore, from 0.</param>
    /// <param name="count">How much.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<SemaphorePermit?> TryAcquireAsync(
        TimeSpan timeout, int number = 0, int count = 1, CancellationToken cancellationToken = default);

    /// <summary>
    /// Uses a semaphore as a mutex: waits for zero and adds one, with SEM_UNDO. A new set is an unlocked lock, so
    /// nobody has to give it a first value. Callers of this client that wait one behind the other, without a time-out
    /// and without another process between them, hand the lock to each other without the cluster: for many tasks on one
    /// lock this is faster than <see cref="AcquireAsync"/>.
    /// </summary>
    /// <param name="number">Which semaphore, from 0.</param>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>Unlocks when it is disposed of; its Revision is the lock's fencing token.</returns>
    /// <exception cref="IpcTimeoutException">EAGAIN: the time-out passed.</exception>
    ValueTask<SemaphorePermit> LockAsync(
        int number = 0, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="LockAsync"/>, but null (EAGAIN) if the lock is held.</summary>
    /// <param name="number">Which semaphore, from 0.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<SemaphorePermit?> TryLockAsync(int number = 0, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="LockAsync"/>, but null (EAGAIN) if the time-out passes.</summary>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="number">Which semaphore, from 0.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<SemaphorePermit?> TryLockAsync(
        TimeSpan timeout, int number = 0, CancellationToken cancellationToken = default);

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
    Task<IReadOnlyList<SemaphoreState>> PeekAsync(CancellationToken cancellationToken = default);

    /// <summary>semctl(SETVAL): wakes calls that can be performed then; clears what is to be undone. ERANGE: not 0 to
    /// 32,767.</summary>
    Task SetValueAsync(int number, int value, CancellationToken cancellationToken = default);

    /// <summary>semctl(SETALL): as <see cref="SetValueAsync"/>. EINVAL: not as many values as semaphores.</summary>
    Task SetAllAsync(IReadOnlyList<int> values, CancellationToken cancellationToken = default);
}
