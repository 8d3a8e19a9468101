using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A mutex on a word. One call locks, one call unlocks.</summary>
internal sealed class RobustMutex(LockPlace place, long offset, bool isNamed) : IRobustMutex
{
    private const uint NotRecoverable = 0x7fffffff;

    public ValueTask<LockHandle> LockAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockCall.LockAsync(place.Futexes, offset, new FutexLock(), timeout, cancellationToken);

    public ValueTask<LockHandle?> TryLockAsync(CancellationToken cancellationToken = default) =>
        LockCall.TryLockAsync(place.Futexes, offset, new FutexLock { Tries = true }, null, cancellationToken);

    public ValueTask<LockHandle?> TryLockAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        LockCall.TryLockAsync(place.Futexes, offset, new FutexLock(), timeout, cancellationToken);

    public ICondition Condition(int number = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        if (!isNamed)
            return new ConditionVariable(place.Futexes, number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, LockPlace.ConditionCount);
        return new ConditionVariable(place.Futexes, LockPlace.Conditions + (sizeof(uint) * number));
    }

    public async Task<bool> ResetAsync(CancellationToken cancellationToken = default) =>
        await place.Memory.CompareExchangeAsync(offset, 0u, NotRecoverable, cancellationToken).ConfigureAwait(false)
            == NotRecoverable;

    public ValueTask DisposeAsync() => place.DisposeAsync();
}

/// <summary>A reader-writer lock on the word of a mutex.</summary>
internal sealed class ReaderWriterLock(LockPlace place, LockPreference preference) : IReaderWriterLock
{
    public ValueTask<LockHandle> ReadLockAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockCall.LockAsync(place.Futexes, LockPlace.Lock, Reader(), timeout, cancellationToken);

    public ValueTask<LockHandle> WriteLockAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        LockCall.LockAsync(place.Futexes, LockPlace.Lock, Writer(), timeout, cancellationToken);

    public ValueTask<LockHandle?> TryReadLockAsync(CancellationToken cancellationToken = default) =>
        LockCall.TryLockAsync(place.Futexes, LockPlace.Lock, Trying(Reader()), null, cancellationToken);

    public ValueTask<LockHandle?> TryWriteLockAsync(CancellationToken cancellationToken = default) =>
        LockCall.TryLockAsync(place.Futexes, LockPlace.Lock, Trying(Writer()), null, cancellationToken);

    public ValueTask DisposeAsync() => place.DisposeAsync();

    private FutexLock Reader() => new() { Shared = true, First = preference == LockPreference.Readers };

    private FutexLock Writer() => new() { First = preference == LockPreference.Writers };

    private static FutexLock Trying(FutexLock wanted)
    {
        wanted.Tries = true;
        return wanted;
    }
}

/// <summary>The calls that lock.</summary>
internal static class LockCall
{
    public static async ValueTask<LockHandle> LockAsync(
        Futexes futexes, long offset, FutexLock wanted, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var grant = await BeginAsync(futexes, offset, wanted, timeout, Errno.None, cancellationToken).ConfigureAwait(false);
        return LockHandle.Of(futexes, offset, grant);
    }

    public static async ValueTask<LockHandle?> TryLockAsync(
        Futexes futexes, long offset, FutexLock wanted, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var soft = wanted.Tries ? Errno.EAGAIN : Errno.ETIMEDOUT;
        var grant = await BeginAsync(futexes, offset, wanted, timeout, soft, cancellationToken).ConfigureAwait(false);
        return grant.Taken ? LockHandle.Of(futexes, offset, grant) : null;
    }

    private static ValueTask<Grant> BeginAsync(
        Futexes futexes, long offset, FutexLock wanted, TimeSpan? timeout, Errno soft, CancellationToken cancellationToken)
    {
        (wanted.Offset, wanted.Queues, wanted.Robust) = (futexes.Memory.PlaceOf(offset), true, true);
        return futexes.CallAsync(offset, new FutexCall { Lock = wanted }, timeout, soft, cancellationToken);
    }
}
