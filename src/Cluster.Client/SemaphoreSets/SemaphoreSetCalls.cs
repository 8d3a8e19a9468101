using System.Runtime.CompilerServices;
using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class SemaphoreSetCalls(IpcConnection connection, TimeProvider time) : ISemaphoreSets
{
    /// <summary>A key's set may be removed before it is reached: so often, then the caller hears of it.</summary>
    private const int GetAttempts = 10;

    public async Task<ISemaphoreSet> GetAsync(
        int key,
        int count = 1,
        int flags = IpcFlags.IPC_CREAT | 0x180,
        bool isVolatile = false,
        CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var get = new Get { Key = key, Size = count, Flags = flags, Volatile = isVolatile };
            var result = await AskAsync(new Call { Get = get }, "semget", cancellationToken).ConfigureAwait(false);
            var set = new SemaphoreSet(connection, result.Got.Id);
            if (!result.Got.Existed)
                return set;
            try
            {
                await set.AccessAsync(flags, cancellationToken).ConfigureAwait(false);
                return set;
            }
            catch (IpcException exception) when (
                exception.Errno is Errno.EIDRM or Errno.EINVAL && attempt < GetAttempts)
            {
                // The directory knew a set that is being removed: ask again whether the key is free.
            }

            if (attempt > 1)
                await DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task<ISemaphoreSet> CreateAsync(
        int count = 1, int mode = 0x180, bool isVolatile = false, CancellationToken cancellationToken = default)
    {
        var flags = IpcFlags.IPC_CREAT | (mode & IpcFlags.ModeBits);
        return GetAsync(IpcFlags.IPC_PRIVATE, count, flags, isVolatile, cancellationToken);
    }

    public ISemaphoreSet Open(int id) => new SemaphoreSet(connection, id);

    public async IAsyncEnumerable<SemaphoreSetEntry> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (long after = -1; ;)
        {
            var call = new Call { List = new List { AfterId = after, Limit = Bounds.ListingPage } };
            var result = await AskAsync(call, "list", cancellationToken).ConfigureAwait(false);
            var page = result.Listing ?? new Listing();
            for (var i = 0; i < page.Ids.Count; i++)
                yield return new SemaphoreSetEntry(page.Ids[i], page.Keys[i]);
            if (!page.More || page.Ids.Count == 0)
                yield break;
            after = page.Ids[^1];
        }
    }

    public async Task<SetStat> StatByIndexAsync(
        int index, bool any = false, CancellationToken cancellationToken = default)
    {
        var call = new Call { Resolve = new Resolve { Index = index } };
        var name = any ? "semctl(SEM_STAT_ANY)" : "semctl(SEM_STAT)";
        var result = await AskAsync(call, name, cancellationToken).ConfigureAwait(false);
        return await new SemaphoreSet(connection, result.Id).StatAsync(any, cancellationToken).ConfigureAwait(false);
    }

    public async Task<SemaphoreSetLimits> InfoAsync(CancellationToken cancellationToken = default)
    {
        var asking = AskAsync(new Call { DirectoryStat = new DirectoryStat() }, "semctl(IPC_INFO)", cancellationToken);
        var limits = await new NamespaceCalls(connection).GetLimitsAsync(cancellationToken).ConfigureAwait(false);
        var result = await asking.ConfigureAwait(false);
        var directory = result.DirectoryStatus ?? new DirectoryStatus { HighestIndex = -1 };
        return new SemaphoreSetLimits(
            limits.Semmni, limits.Semmns, limits.Semmsl, limits.Semopm, directory.Objects, directory.Units,
            directory.HighestIndex);
    }

    private ValueTask<Result> AskAsync(Call call, string name, CancellationToken cancellationToken) =>
        connection.CallAsync(SemaphoreSet.Directory, call, name, cancellationToken);

    private Task DelayAsync(int attempt, CancellationToken cancellationToken)
    {
        var delayMs = Math.Min(1 << attempt, 100) * (0.5 + Random.Shared.NextDouble());
        return Task.Delay(TimeSpan.FromMilliseconds(delayMs), time, cancellationToken);
    }
}
