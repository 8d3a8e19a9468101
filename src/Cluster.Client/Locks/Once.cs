using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A mutex, and a word that says whether the action has happened.</summary>
internal sealed class Once(LockPlace place) : IOnce
{
    public async Task<bool> RunAsync(Func<CancellationToken, Task> action, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(action);
        if (await HasHappenedAsync(cancellationToken).ConfigureAwait(false))
            return false;
        await using var held = await LockCall.LockAsync(
            place.Futexes, LockPlace.OnceLock, new FutexLock(), null, cancellationToken).ConfigureAwait(false);
        if (held.OwnerDied)
            await held.MarkConsistentAsync(cancellationToken).ConfigureAwait(false); // the action begins anew
        if (await HasHappenedAsync(cancellationToken).ConfigureAwait(false))
            return false;
        await action(cancellationToken).ConfigureAwait(false);
        await place.Memory.ExchangeAsync(LockPlace.OnceDone, 1u, CancellationToken.None).ConfigureAwait(false);
        return true;
    }

    public ValueTask DisposeAsync() => place.DisposeAsync();

    private async ValueTask<bool> HasHappenedAsync(CancellationToken cancellationToken) =>
        await place.Memory.LoadAsync<uint>(LockPlace.OnceDone, cancellationToken).ConfigureAwait(false) != 0;
}

/// <summary>A barrier: the extent counts.</summary>
internal sealed class LockBarrier(LockPlace place, int participants) : ILockBarrier
{
    public async ValueTask<bool> SignalAndWaitAsync(
        TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var barrier = new FutexBarrier { Offset = place.Futexes.Memory.PlaceOf(LockPlace.Barrier), Count = participants };
        var grant = await place.Futexes.CallAsync(
            LockPlace.Barrier, new FutexCall { Barrier = barrier }, timeout, Errno.None, cancellationToken)
            .ConfigureAwait(false);
        return grant.Result!.FutexCount.Serial;
    }

    public ValueTask DisposeAsync() => place.DisposeAsync();
}

/// <summary>A countdown: a signal is one FUTEX_WAKE_OP, a wait is one call that compares and waits.</summary>
internal sealed class Countdown(LockPlace place) : ICountdown
{
    private const int Done = 1;

    public async ValueTask<int> GetCurrentCountAsync(CancellationToken cancellationToken = default) =>
        await place.Memory.LoadAsync<int>(LockPlace.Countdown, cancellationToken).ConfigureAwait(false) - Done;

    public async ValueTask SignalAsync(CancellationToken cancellationToken = default)
    {
        var at = place.Futexes.Memory.PlaceOf(LockPlace.Countdown);
        var signal = new FutexWakeOp
        {
            Offset = at, To = at, WakeTo = int.MaxValue, Op = (int)FutexOperation.Add, Operand = -1,
            Cmp = (int)FutexComparison.Equal, CmpOperand = Done + 1, Unless = Done,
        };
        var call = new FutexCall { WakeOp = signal };
        await place.Futexes.CallAsync(LockPlace.Countdown, call, null, Errno.None, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask WaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var wait = new FutexWait
        {
            Offset = place.Futexes.Memory.PlaceOf(LockPlace.Countdown), Expected = Done, Differs = true,
            Bitset = uint.MaxValue,
        };
        // EAGAIN: all signals have come.
        var call = new FutexCall { Wait = wait };
        await place.Futexes.CallAsync(LockPlace.Countdown, call, timeout, Errno.EAGAIN, cancellationToken)
            .ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => place.DisposeAsync();
}
