using System.Runtime.CompilerServices;
using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The calls of futex(2) on one memory, at its extents.</summary>
internal sealed class Futexes(SharedMemoryView memory) : IFutexes
{
    private const string Name = "futex";

    /// <summary>The memory.</summary>
    public SharedMemoryView Memory => memory;

    public async ValueTask WaitAsync(
        long offset, uint expected, TimeSpan? timeout = null, uint bitset = uint.MaxValue,
        CancellationToken cancellationToken = default)
    {
        var wait = new FutexWait { Offset = memory.PlaceOf(offset), Expected = expected, Bitset = bitset };
        await CallAsync(offset, new FutexCall { Wait = wait }, timeout, Errno.None, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask WaitAsync(
        long offset, uint expected, DateTimeOffset deadline, uint bitset = uint.MaxValue,
        CancellationToken cancellationToken = default)
    {
        var left = deadline - memory.Connection.Time.GetUtcNow();
        return WaitAsync(offset, expected, left > TimeSpan.Zero ? left : TimeSpan.Zero, bitset, cancellationToken);
    }

    public async ValueTask<int> WaitAnyAsync(
        IReadOnlyList<FutexWord> words, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (words.Count is 0 or > Bounds.FutexWaitvWords)
            throw new IpcException(Errno.EINVAL, "futex_waitv");
        var groups = words.Select((word, index) => (word, index)).GroupBy(each => memory.ExtentOf(each.word.Offset))
            .Select(group => group.ToArray()).ToArray();
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waits = groups.Select(group => WaitInAsync(group, timeout, others.Token).AsTask()).ToArray();
        var first = await Task.WhenAny(waits).ConfigureAwait(false);
        await others.CancelAsync().ConfigureAwait(false);
        return await WinnerAsync(words, waits, first, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<int> WakeAsync(
        long offset, int count = 1, uint bitset = uint.MaxValue, CancellationToken cancellationToken = default)
    {
        var wake = new FutexWake { Offset = memory.PlaceOf(offset), Count = count, Bitset = bitset };
        return await CountAsync(offset, new FutexCall { Wake = wake }, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<int> RequeueAsync(
        long offset, long to, int wake, int requeue, CancellationToken cancellationToken = default) =>
        RequeueAsync(offset, to, new FutexRequeue { Wake = wake, Requeue = requeue }, cancellationToken);

    public ValueTask<int> CompareRequeueAsync(
        long offset, uint expected, long to, int wake, int requeue, CancellationToken cancellationToken = default) =>
        RequeueAsync(
            offset, to, new FutexRequeue { Wake = wake, Requeue = requeue, Expected = expected }, cancellationToken);

    public async ValueTask<int> WakeOpAsync(
        long offset, int wake, long to, int wakeTo, FutexChange change, CancellationToken cancellationToken = default)
    {
        var call = new FutexWakeOp
        {
            Wake = wake, WakeTo = wakeTo, Op = (int)change.Operation, Operand = change.Operand, Cmp = (int)change.Comparison,
            CmpOperand = change.ComparedTo,
        };
        (call.Offset, call.To) = PlacesOf(offset, to);
        return await CountAsync(offset, new FutexCall { WakeOp = call }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<FutexOwnership> LockAsync(
        long offset, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var call = new FutexCall { Lock = new FutexLock { Offset = memory.PlaceOf(offset) } };
        return ToOwnership(await CallAsync(offset, call, timeout, Errno.None, cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask<FutexOwnership?> TryLockAsync(long offset, CancellationToken cancellationToken = default)
    {
        var call = new FutexCall { Lock = new FutexLock { Offset = memory.PlaceOf(offset), Tries = true } };
        var grant = await CallAsync(offset, call, null, Errno.EAGAIN, cancellationToken).ConfigureAwait(false);
        return grant.Taken ? ToOwnership(grant) : null;
    }

    public async ValueTask UnlockAsync(long offset, CancellationToken cancellationToken = default)
    {
        var call = new FutexCall { Unlock = new FutexUnlock { Offset = memory.PlaceOf(offset) } };
        await CallAsync(offset, call, null, Errno.None, cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<FutexLockInfo> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (long extent = 0; extent < memory.Size; extent += Bounds.ExtentBytes - memory.PlaceOf(extent))
        {
            var place = memory.PlaceOf(extent);
            for (var from = place; ;)
            {
                var call = new FutexCall { List = new FutexList { From = from } };
                var grant = await CallAsync(extent, call, null, Errno.None, cancellationToken).ConfigureAwait(false);
                var listing = grant.Result!.FutexListing;
                foreach (var each in listing.Locks)
                {
                    if (extent - place + each.Offset < memory.Size)
                        yield return ToInfo(extent - place + each.Offset, each);
                    from = each.Offset + 1;
                }

                if (!listing.More)
                    break;
            }
        }
    }

    /// <summary>Makes a call on the words of one extent.</summary>
    public ValueTask<Grant> CallAsync(
        long offset, FutexCall futex, TimeSpan? timeout, Errno soft, CancellationToken cancellationToken)
    {
        var call = memory.BeginFutex(offset, futex, timeout, soft, cancellationToken);
        return new ValueTask<Grant>(call, call.Version);
    }

    /// <summary>Where two words lie in their extent. EINVAL: they lie in two.</summary>
    public (int Offset, int To) PlacesOf(long offset, long to)
    {
        var places = (memory.PlaceOf(offset), memory.PlaceOf(to));
        return memory.ExtentOf(offset).Equals(memory.ExtentOf(to)) ? places : throw new IpcException(Errno.EINVAL, Name);
    }

    private async ValueTask<int> WaitInAsync(
        (FutexWord Word, int Index)[] group, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var waitv = new FutexWaitv();
        foreach (var (word, _) in group)
            waitv.Words.Add(new FutexWaitvWord { Offset = memory.PlaceOf(word.Offset), Expected = word.Expected });
        var call = new FutexCall { Waitv = waitv };
        var grant = await CallAsync(group[0].Word.Offset, call, timeout, Errno.None, cancellationToken).ConfigureAwait(false);
        return group[grant.Result!.FutexCount.Count].Index;
    }

    // Each other call that has been woken too gives its wake-up to the next caller at its word.
    private async ValueTask<int> WinnerAsync(
        IReadOnlyList<FutexWord> words, Task<int>[] waits, Task<int> first, CancellationToken cancellationToken)
    {
        await Task.WhenAll(waits).ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)
            .ConfigureAwait(false);
        var winner = first.IsCompletedSuccessfully ? first : Array.Find(waits, wait => wait.IsCompletedSuccessfully) ?? first;
        foreach (var other in waits.Where(wait => wait != winner && wait.IsCompletedSuccessfully))
        {
            var offset = words[await other.ConfigureAwait(false)].Offset;
            await WakeAsync(offset, cancellationToken: CancellationToken.None).ConfigureAwait(false);
        }

        if (!winner.IsCompletedSuccessfully)
            cancellationToken.ThrowIfCancellationRequested();
        return await winner.ConfigureAwait(false);
    }

    private async ValueTask<int> RequeueAsync(
        long offset, long to, FutexRequeue requeue, CancellationToken cancellationToken)
    {
        (requeue.Offset, requeue.To) = PlacesOf(offset, to);
        return await CountAsync(offset, new FutexCall { Requeue = requeue }, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<int> CountAsync(long offset, FutexCall call, CancellationToken cancellationToken)
    {
        var grant = await CallAsync(offset, call, null, Errno.None, cancellationToken).ConfigureAwait(false);
        return grant.Result!.FutexCount.Count;
    }

    private static FutexOwnership ToOwnership(Grant grant) =>
        new(grant.Revision, grant.Result!.FutexLocked.OwnerDied);

    private static FutexLockInfo ToInfo(long offset, FutexLockState state) => new(
        offset, state.Word, [.. state.Holders.Select(ToUser)], [.. state.Waiters.Select(ToUser)]);

    private static FutexLockUser ToUser(FutexHolder holder) => new(holder.Pid, holder.Shared, holder.Token);
}
