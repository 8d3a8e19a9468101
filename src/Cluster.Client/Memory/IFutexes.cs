namespace Cluster.Client;

/// <summary>
/// futex(2) on the words of 32 bits of shared memory: of a segment that is attached, or of a mapping. Words lie at multiples of
/// 4 (else EINVAL). The comparison of a word and the begin of the wait are one step. A call happens once, also if a node dies:
/// a caller keeps its place in line, and no wake-up is lost or doubled. docs/futexes.md has the deviations from Linux.
/// <para>
/// Every call: EFAULT: the word does not lie within the memory; EACCES: the memory is read-only, and the call changes a word;
/// EIDRM: the object was removed, or is volatile and lost; ENOMEM: 65,536 calls wait in the extent of 262,144 bytes. A call on
/// two words: both lie in one extent, which is EINVAL otherwise, but for <see cref="WaitAnyAsync"/>.
/// </para>
/// </summary>
/// <example>
/// <code>
/// await memory.Futexes.WaitAsync(offset: 0, expected: 1);    // one process
/// await memory.ExchangeAsync(offset: 0, 2);                  // another one
/// var woken = await memory.Futexes.WakeAsync(offset: 0, count: int.MaxValue);
/// </code>
/// </example>
public interface IFutexes
{
    /// <summary>
    /// FUTEX_WAIT and FUTEX_WAIT_BITSET: waits for a wake-up, if the word is what is expected. EAGAIN: it is not; ETIMEDOUT
    /// (<see cref="IpcTimeoutException"/>); EINVAL: no bit in the bitset, or callers wait for a lock there.
    /// </summary>
    /// <param name="offset">The word, in bytes from the start of the memory.</param>
    /// <param name="expected">What the word has to be.</param>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="bitset">A wake-up has to have one of these bits.</param>
    /// <param name="cancellationToken">Interrupts the call (EINTR): a wake-up that came before is not lost.</param>
    ValueTask WaitAsync(
        long offset, uint expected, TimeSpan? timeout = null, uint bitset = uint.MaxValue,
        CancellationToken cancellationToken = default);

    /// <summary>The same until a time by the clock of this machine (FUTEX_CLOCK_REALTIME).</summary>
    /// <param name="offset">The word, in bytes from the start of the memory.</param>
    /// <param name="expected">What the word has to be.</param>
    /// <param name="deadline">When to give up. ETIMEDOUT, at once if it has passed.</param>
    /// <param name="bitset">A wake-up has to have one of these bits.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask WaitAsync(
        long offset, uint expected, DateTimeOffset deadline, uint bitset = uint.MaxValue,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// futex_waitv(2): waits at 1 to 128 words at once. EAGAIN: a word is not what is expected; EINVAL: too many words, or none.
    /// Words in several extents are compared and waited for one extent after the other. If wake-ups come at several of them
    /// at the same time, the others are given to the next callers there.
    /// </summary>
    /// <param name="words">The words.</param>
    /// <param name="timeout">How long to wait; null: for ever. ETIMEDOUT.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>The index of the word with the wake-up.</returns>
    ValueTask<int> WaitAnyAsync(
        IReadOnlyList<FutexWord> words, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// FUTEX_WAKE and FUTEX_WAKE_BITSET: wakes callers in the order in which they came. EINVAL: a negative count, no bit in the
    /// bitset, or callers wait for a lock there.
    /// </summary>
    /// <param name="offset">The word, in bytes from the start of the memory.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="bitset">Only those that wait with one of these bits.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>How many were woken.</returns>
    ValueTask<int> WakeAsync(
        long offset, int count = 1, uint bitset = uint.MaxValue, CancellationToken cancellationToken = default);

    /// <summary>FUTEX_REQUEUE: wakes some callers, and has others wait at another word.</summary>
    /// <param name="offset">The word at which they wait.</param>
    /// <param name="to">The other word.</param>
    /// <param name="wake">How many are woken at most.</param>
    /// <param name="requeue">How many of the others go to the other word at most.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>How many were woken or went to the other word, as Linux counts.</returns>
    ValueTask<int> RequeueAsync(
        long offset, long to, int wake, int requeue, CancellationToken cancellationToken = default);

    /// <summary>FUTEX_CMP_REQUEUE: <see cref="RequeueAsync"/>, if the word is what is expected. EAGAIN: it is not.</summary>
    /// <param name="offset">The word at which they wait.</param>
    /// <param name="expected">What that word has to be.</param>
    /// <param name="to">The other word.</param>
    /// <param name="wake">How many are woken at most.</param>
    /// <param name="requeue">How many of the others go to the other word at most.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<int> CompareRequeueAsync(
        long offset, uint expected, long to, int wake, int requeue, CancellationToken cancellationToken = default);

    /// <summary>
    /// FUTEX_WAKE_OP: changes a word, wakes callers at another one, and, if a comparison with the word before holds, callers at
    /// the word that was changed.
    /// </summary>
    /// <param name="offset">Where callers are woken in any case.</param>
    /// <param name="wake">How many at most.</param>
    /// <param name="to">The word that is changed.</param>
    /// <param name="wakeTo">How many are woken there at most.</param>
    /// <param name="change">The operation and the comparison.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>How many were woken.</returns>
    ValueTask<int> WakeOpAsync(
        long offset, int wake, long to, int wakeTo, FutexChange change, CancellationToken cancellationToken = default);

    /// <summary>
    /// FUTEX_LOCK_PI: the word gets the pid of this process, or the call waits in line for that. EDEADLK: this process has the
    /// lock, or its owner waits for one that this process has; ESRCH: the owner in the word has ended and no call of it told the
    /// extent; EINVAL: callers wait there that wait for no lock, or the word was overwritten while callers wait;
    /// ETIMEDOUT. There are no priorities: the line has the order in which callers came.
    /// </summary>
    /// <param name="offset">The word, in bytes from the start of the memory.</param>
    /// <param name="timeout">How long to wait; null: for ever.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<FutexOwnership> LockAsync(
        long offset, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>FUTEX_TRYLOCK_PI: <see cref="LockAsync"/> without waiting; null (EAGAIN): another process has the lock.</summary>
    /// <param name="offset">The word, in bytes from the start of the memory.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<FutexOwnership?> TryLockAsync(long offset, CancellationToken cancellationToken = default);

    /// <summary>FUTEX_UNLOCK_PI: the lock goes to the next caller in line. EPERM: this process does not have it.</summary>
    /// <param name="offset">The word, in bytes from the start of the memory.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask UnlockAsync(long offset, CancellationToken cancellationToken = default);

    /// <summary>The locks of the memory that somebody has or waits for, from the lowest offset on.</summary>
    IAsyncEnumerable<FutexLockInfo> ListAsync(CancellationToken cancellationToken = default);
}
