namespace Cluster.Client;

/// <summary>A named POSIX semaphore that is open: sem_overview(7).</summary>
/// <example>
/// <code>
/// await using (var permit = await semaphore.AcquireAsync(releaseOnDeath: true))
///     await WorkAsync(permit.Lost);
/// </code>
/// </example>
public interface IPosixSemaphore : IIpcDescriptor
{
    /// <summary>
    /// sem_wait(3), sem_timedwait(3). Nothing is undone at the end of the process.
    /// </summary>
    /// <param name="timeout">How long to wait; null: for ever. ETIMEDOUT.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask WaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>sem_timedwait(3) with its absolute time-out by CLOCK_REALTIME.</summary>
    /// <param name="deadline">When to give up, by the clock of this machine. ETIMEDOUT, at once if it has passed.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask WaitAsync(DateTimeOffset deadline, CancellationToken cancellationToken = default);

    /// <summary>sem_trywait(3). False (EAGAIN): the value is 0.</summary>
    ValueTask<bool> TryWaitAsync(CancellationToken cancellationToken = default);

    /// <summary>sem_post(3). EOVERFLOW: the value is the highest already.</summary>
    ValueTask PostAsync(CancellationToken cancellationToken = default);

    /// <summary>sem_getvalue(3): 0 while callers wait.</summary>
    Task<long> GetValueAsync(CancellationToken cancellationToken = default);

    /// <summary>How many calls of sem_wait(3) are blocked. Not of POSIX.</summary>
    Task<long> GetWaiterCountAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// sem_wait(3), for <c>await using</c>: disposal posts.
    /// </summary>
    /// <param name="releaseOnDeath">
    /// Whether the cluster posts if the process ends first. Not of POSIX: there the value is lost then.
    /// </param>
    /// <param name="timeout">How long to wait; null: for ever. ETIMEDOUT.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<SemaphorePermit> AcquireAsync(
        bool releaseOnDeath = false, TimeSpan? timeout = null, CancellationToken cancellationToken = default);
}
