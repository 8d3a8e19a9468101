using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// What was taken of a semaphore. Disposal gives it back. If the process ends first, the cluster gives it back
/// (SEM_UNDO).
/// </summary>
public sealed class SemaphorePermit : IAsyncDisposable
{
    private readonly SemaphoreSet _set;
    private readonly SemaphoreOperation _release;
    private readonly Grant _grant;
    private int _released;

    internal SemaphorePermit(SemaphoreSet set, SemaphoreOperation release, Grant grant)
    {
        _set = set;
        _release = release;
        _grant = grant;
    }

    /// <summary>
    /// The fencing token: the set's count of events when this was taken. It only grows, over moves and crashes too. A
    /// store that is given the token can refuse a holder that was replaced and does not know it yet.
    /// </summary>
    public ulong Revision => _grant.Revision;

    /// <summary>
    /// Cancelled when another process may have what was taken: the lease of this process has run out by the clock of
    /// this machine while the cluster was silent (<see cref="IpcConnectionState.Suspended"/>), or the process has
    /// ended, or the client is disposed of. It is cancelled before the cluster gives the lock to another process, unless this
    /// machine or program was stopped at that moment. It stays cancelled, also if the cluster says later that the
    /// process lives.
    /// </summary>
    /// <example>
    /// <code>
    /// await using var held = await set.LockAsync();
    /// using var work = CancellationTokenSource.CreateLinkedTokenSource(held.Lost, stopping);
    /// await WriteReportAsync(work.Token); // OperationCanceledException: the lock may belong to another process
    /// </code>
    /// </example>
    public CancellationToken Lost => _set.LeaseOf(_grant);

    /// <summary>
    /// Gives it back, once. There is no exception if there is nothing to give back any more: the set was removed,
    /// SETVAL broke the lock, or the process has ended. A new process that took over
    /// (<see cref="IpcClientOptions.NewProcessWhenLost"/>) does not give back what the old one held.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _released, 1) != 0) return;
        try
        {
            await _set.ReleaseAsync(_release, _grant).ConfigureAwait(false);
        }
        catch (IpcException exception) when (exception.Errno is Errno.EINVAL or Errno.EIDRM)
        {
            // The set was removed.
        }
        catch (Exception exception) when (exception is IpcSessionLostException or ObjectDisposedException)
        {
            // The process has ended, and what it held was undone.
        }
    }
}
