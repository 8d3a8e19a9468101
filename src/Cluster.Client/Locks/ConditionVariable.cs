using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A condition on a word that stays 0: to unlock and to wait is one call, so no value has to be compared.</summary>
internal sealed class ConditionVariable(Futexes futexes, long offset) : ICondition
{
    public async ValueTask<bool> WaitAsync(
        LockHandle held, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(held);
        var (place, lockPlace) = futexes.PlacesOf(offset, held.Offset);
        cancellationToken.ThrowIfCancellationRequested();
        held.BeginWait(futexes);
        var wait = new FutexWait
        {
            Offset = place, Bitset = uint.MaxValue,
            Condition = new FutexCondition { Lock = lockPlace, Token = held.Token },
        };
        try
        {
            var call = new FutexCall { Wait = wait };
            var grant = await futexes.CallAsync(offset, call, timeout, Errno.None, cancellationToken).ConfigureAwait(false);
            held.EndWait(grant);
            return !grant.Result!.FutexLocked.TimedOut;
        }
        catch (IpcTimeoutException)
        {
            held.RevertWait(); // no node could be reached in time: the wait did not begin
            return false;
        }
        catch (IpcException exception) when (exception.Errno is Errno.EAGAIN or Errno.ENOMEM or Errno.EINVAL or Errno.ENOBUFS)
        {
            held.RevertWait(); // the wait did not begin
            throw;
        }
        catch
        {
            // The wait may not have begun. Then the handle has the lock still; otherwise the unlock changes nothing.
            held.RevertWait();
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask<int> NotifyAsync(int count = 1, CancellationToken cancellationToken = default) =>
        futexes.WakeAsync(offset, count, cancellationToken: cancellationToken);

    public ValueTask<int> NotifyAllAsync(CancellationToken cancellationToken = default) =>
        futexes.WakeAsync(offset, int.MaxValue, cancellationToken: cancellationToken);
}
