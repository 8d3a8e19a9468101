using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// What was taken of a semaphore. Disposal gives it back. If the process ends first, the cluster gives it back (SEM_UNDO;
/// of a POSIX semaphore only if that was asked for).
/// </summary>
public sealed class SemaphorePermit : IAsyncDisposable
{
    private readonly IpcConnection _connection;
    private readonly Grant _grant;
    private readonly Func<Grant, ValueTask> _release;
    private int _released;

    internal SemaphorePermit(IpcConnection connection, Grant grant, Func<Grant, ValueTask> release)
    {
        _connection = connection;
        _grant = grant;
        _release = release;
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
    public CancellationToken Lost => _connection.LeaseOf(_grant);

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
            await _release(_grant).ConfigureAwait(false);
        }
        catch (IpcException exception) when (exception.Errno is Errno.EINVAL or Errno.EIDRM or Errno.EBADF)
        {
            // The set was removed, or the semaphore was closed.
        }
        catch (Exception exception) when (exception is IpcSessionLostException or ObjectDisposedException)
        {
            // The process has ended, and what it held was undone.
        }
    }
}
