namespace Cluster.Client;

/// <summary>
/// A mutex that is freed when its holder ends: pthread_mutexattr_setrobust(3). Callers get it in the order in which they came,
/// also those of one process: each call has the mutex for itself. After the end of a holder the next one finds
/// <see cref="LockHandle.OwnerDied"/>. If that one unlocks without <see cref="LockHandle.MarkConsistentAsync"/>, every
/// later call fails with ENOTRECOVERABLE until <see cref="ResetAsync"/>.
/// </summary>
public interface IRobustMutex : IAsyncDisposable
{
    /// <summary>Locks. ETIMEDOUT (<see cref="IpcTimeoutException"/>); ENOTRECOVERABLE.</summary>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call: the mutex is not locked.</param>
    ValueTask<LockHandle> LockAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>Locks, if nobody has the mutex or waits for it; null otherwise. ENOTRECOVERABLE.</summary>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<LockHandle?> TryLockAsync(CancellationToken cancellationToken = default);

    /// <summary>Locks; null after the time-out. ENOTRECOVERABLE.</summary>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<LockHandle?> TryLockAsync(TimeSpan timeout, CancellationToken cancellationToken = default);

    /// <summary>
    /// A condition of the mutex: pthread_cond_wait(3). A lock by name has 16 of them, each a word; for a mutex on a word of the
    /// caller's memory the number is the offset of the condition's word there, which has to be 0 and to lie in the same part
    /// of 262,144 bytes (else EINVAL at the wait).
    /// </summary>
    /// <param name="number">0 to 15, or the offset.</param>
    ICondition Condition(int number = 0);

    /// <summary>Makes a mutex that is ENOTRECOVERABLE usable again. False: it is not in this state.</summary>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<bool> ResetAsync(CancellationToken cancellationToken = default);
}

/// <summary>A lock for many readers or one writer: pthread_rwlock_rdlock(3). The death of a writer is told.</summary>
public interface IReaderWriterLock : IAsyncDisposable
{
    /// <summary>Locks as a reader. ETIMEDOUT; ENOTRECOVERABLE; ENOMEM: 65,536 readers have it.</summary>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<LockHandle> ReadLockAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>Locks as a writer. ETIMEDOUT; ENOTRECOVERABLE.</summary>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<LockHandle> WriteLockAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>Locks as a reader if that is possible at once; null otherwise.</summary>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<LockHandle?> TryReadLockAsync(CancellationToken cancellationToken = default);

    /// <summary>Locks as a writer if that is possible at once; null otherwise.</summary>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<LockHandle?> TryWriteLockAsync(CancellationToken cancellationToken = default);
}

/// <summary>
/// A condition variable: pthread_cond_wait(3). To unlock the mutex and to wait is one step, so no wake-up comes between. A
/// wake-up is never spurious by itself; yet another holder may have changed what the caller waits for, so test it again.
/// </summary>
/// <example>
/// <code>
/// await using var held = await mutex.LockAsync();
/// while (!await HasWorkAsync())
///     await ready.WaitAsync(held);
/// </code>
/// </example>
public interface ICondition
{
    /// <summary>
    /// Unlocks the mutex, waits, and locks it again. EPERM: the handle does not have it; ENOTRECOVERABLE. After a failure and
    /// after an interruption the handle does not have the mutex.
    /// </summary>
    /// <param name="held">The mutex. Its token is a new one afterwards.</param>
    /// <param name="timeout">How long to wait for the wake-up, and not for the lock; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call. A wake-up that it had goes to another caller.</param>
    /// <returns>Whether it was woken; false: the time-out has passed. The handle has the mutex in both cases.</returns>
    ValueTask<bool> WaitAsync(LockHandle held, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>pthread_cond_signal(3): wakes callers in the order in which they came.</summary>
    /// <param name="count">How many at most.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>How many were woken.</returns>
    ValueTask<int> NotifyAsync(int count = 1, CancellationToken cancellationToken = default);

    /// <summary>pthread_cond_broadcast(3): wakes all.</summary>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<int> NotifyAllAsync(CancellationToken cancellationToken = default);
}

/// <summary>
/// A barrier: pthread_barrier_wait(3). A caller that ends or is interrupted before the others have come is not counted.
/// </summary>
public interface ILockBarrier : IAsyncDisposable
{
    /// <summary>Waits until all participants have come. ETIMEDOUT; EINVAL: the number of participants is not positive.</summary>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>True for one of them (PTHREAD_BARRIER_SERIAL_THREAD).</returns>
    ValueTask<bool> SignalAndWaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default);
}

/// <summary>A countdown: callers wait until a number of signals has come.</summary>
public interface ICountdown : IAsyncDisposable
{
    /// <summary>Signals that are missing.</summary>
    ValueTask<int> GetCurrentCountAsync(CancellationToken cancellationToken = default);

    /// <summary>Counts one signal. ERANGE: all have come before.</summary>
    ValueTask SignalAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits until all signals have come. ETIMEDOUT.</summary>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask WaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default);
}

/// <summary>An action that happens once over all processes: pthread_once(3).</summary>
public interface IOnce : IAsyncDisposable
{
    /// <summary>
    /// Runs the action, unless it has happened; waits if another caller runs it. If that caller fails or ends, the next one
    /// runs it.
    /// </summary>
    /// <param name="action">The action.</param>
    /// <param name="cancellationToken">Interrupts the wait, and is given to the action.</param>
    /// <returns>Whether this call has run it.</returns>
    Task<bool> RunAsync(Func<CancellationToken, Task> action, CancellationToken cancellationToken = default);
}
