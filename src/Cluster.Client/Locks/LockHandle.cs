using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A lock that a caller has. Disposal unlocks it.</summary>
public sealed class LockHandle : IAsyncDisposable
{
    private readonly Futexes _futexes;
    private Grant _grant;
    private int _isReleased;

    internal LockHandle(Futexes futexes, long offset, Grant grant)
    {
        (_futexes, Offset, _grant) = (futexes, offset, grant);
    }

    /// <summary>
    /// The fencing token. It grows from holder to holder, over moves and crashes too. A store that is given the token can
    /// refuse a holder that was replaced and does not know it yet.
    /// </summary>
    public ulong Token => _grant.Revision;

    /// <summary>
    /// EOWNERDEAD: a writer before ended without an unlock, and nobody has called <see cref="MarkConsistentAsync"/> since. What
    /// the lock protects may be inconsistent.
    /// </summary>
    public bool OwnerDied { get; private set; }

    /// <summary>Whether the handle has the lock: it was not disposed of, and no wait for a condition has lost it.</summary>
    public bool IsHeld => Volatile.Read(ref _isReleased) == 0;

    /// <summary>
    /// Cancelled when another process may have the lock: the lease of this process has run out by the clock of this machine,
    /// or the process has ended, or the client is disposed of. As <see cref="SemaphorePermit.Lost"/>.
    /// </summary>
    public CancellationToken Lost => _futexes.Memory.Connection.LeaseOf(_grant);

    internal long Offset { get; }

    internal static LockHandle Of(Futexes futexes, long offset, Grant grant) =>
        new(futexes, offset, grant) { OwnerDied = grant.Result!.FutexLocked.OwnerDied };

    /// <summary>
    /// pthread_mutex_consistent(3): what the lock protects is consistent again. EINVAL: it was not inconsistent; EPERM: a reader
    /// has called, or the handle does not have the lock.
    /// </summary>
    /// <param name="cancellationToken">Interrupts the call.</param>
    public async ValueTask MarkConsistentAsync(CancellationToken cancellationToken = default)
    {
        if (!IsHeld)
            throw new IpcException(Errno.EPERM, "futex");
        var recover = new FutexRecover { Offset = _futexes.Memory.PlaceOf(Offset), Token = Token };
        await _futexes.CallAsync(Offset, new FutexCall { Recover = recover }, null, Errno.None, cancellationToken)
            .ConfigureAwait(false);
        OwnerDied = false;
    }

    /// <summary>
    /// Unlocks, once. There is no exception if the lock is lost already: it was removed, or the process has ended.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) != 0)
            return;
        try
        {
            var unlock = new FutexUnlock { Offset = _futexes.Memory.PlaceOf(Offset), Token = Token };
            await _futexes.CallAsync(Offset, new FutexCall { Unlock = unlock }, null, Errno.EPERM, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (IpcException exception) when (exception.Errno is Errno.EINVAL or Errno.EIDRM or Errno.EBADF or Errno.EFAULT)
        {
            // The object was removed or became shorter.
        }
        catch (Exception exception) when (exception is IpcSessionLostException or ObjectDisposedException)
        {
            // The process has ended, and the cluster has freed the lock; or the memory is detached.
        }
    }

    /// <summary>The wait for a condition begins. Nothing can be unlocked meanwhile.</summary>
    internal void BeginWait(Futexes futexes)
    {
        // EPERM, pthread_cond_wait(3): "mutex ... is a mutex that the current thread does not own".
        if (futexes != _futexes || Interlocked.Exchange(ref _isReleased, 1) != 0)
            throw new IpcException(Errno.EPERM, "futex");
    }

    /// <summary>The handle has the lock again.</summary>
    internal void EndWait(Grant grant)
    {
        _grant = grant;
        OwnerDied = grant.Result!.FutexLocked.OwnerDied;
        Volatile.Write(ref _isReleased, 0);
    }

    /// <summary>The wait has not begun: the handle has what it had.</summary>
    internal void RevertWait() => Volatile.Write(ref _isReleased, 0);
}
