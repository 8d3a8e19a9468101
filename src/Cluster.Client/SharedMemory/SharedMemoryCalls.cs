using System.Runtime.CompilerServices;
using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class SharedMemoryCalls(IpcConnection connection, TimeProvider time) : ISharedMemories
{
    /// <summary>A key's segment may be removed before it is reached: so often, then the caller hears of it.</summary>
    private const int GetAttempts = 10;

    private const int StatsInFlight = 64;
    private const int PagesPerExtent = Bounds.ExtentBytes / 4096;

    public async Task<ISharedMemory> GetAsync(
        int key,
        long size,
        int flags = IpcFlags.IPC_CREAT | 0x180,
        bool isVolatile = false,
        CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var call = new Call { Get = new Get { Key = key, Size = size, Flags = flags, Volatile = isVolatile } };
            var got = (await AskAsync(call, "shmget", cancellationToken).ConfigureAwait(false)).Got;
            var segment = new SharedMemory(connection, got.Id);
            if (!got.Existed)
                return segment;
            try
            {
                await segment.AccessAsync(flags, cancellationToken).ConfigureAwait(false);
                return segment;
            }
            catch (IpcException exception) when (
                exception.Errno is Errno.EIDRM or Errno.EINVAL && attempt < GetAttempts)
            {
                // The directory knew a segment that is being removed: ask again whether the key is free.
            }

            if (attempt > 1)
                await DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task<ISharedMemory> CreateAsync(
        long size, int mode = 0x180, bool isVolatile = false, CancellationToken cancellationToken = default)
    {
        var flags = IpcFlags.IPC_CREAT | (mode & IpcFlags.ModeBits);
        return GetAsync(IpcFlags.IPC_PRIVATE, size, flags, isVolatile, cancellationToken);
    }

    public ISharedMemory Open(int id) => new SharedMemory(connection, id);

    public async IAsyncEnumerable<SharedMemoryEntry> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (long after = -1; ;)
        {
            var call = new Call { List = new List { AfterId = after, Limit = Bounds.ListingPage } };
            var result = await AskAsync(call, "list", cancellationToken).ConfigureAwait(false);
            var page = result.Listing ?? new Listing();
            for (var i = 0; i < page.Ids.Count; i++)
                yield return new SharedMemoryEntry(page.Ids[i], page.Keys[i]);
            if (!page.More || page.Ids.Count == 0)
                yield break;
            after = page.Ids[^1];
        }
    }

    public async Task<SegmentStat> StatByIndexAsync(
        int index, bool any = false, CancellationToken cancellationToken = default)
    {
        var call = new Call { Resolve = new Resolve { Index = index } };
        var name = any ? "shmctl(SHM_STAT_ANY)" : "shmctl(SHM_STAT)";
        var result = await AskAsync(call, name, cancellationToken).ConfigureAwait(false);
        return await Open(result.Id).StatAsync(any, cancellationToken).ConfigureAwait(false);
    }

    public async Task<SharedMemoryLimits> InfoAsync(CancellationToken cancellationToken = default)
    {
        var asking = StatusAsync("shmctl(IPC_INFO)", cancellationToken);
        var limits = await new NamespaceCalls(connection).GetLimitsAsync(cancellationToken).ConfigureAwait(false);
        var status = await asking.ConfigureAwait(false);
        return new SharedMemoryLimits(limits.Shmmax, limits.Shmall, limits.Shmmni, status.HighestIndex);
    }

    public async Task<SharedMemoryUsage> UsageAsync(CancellationToken cancellationToken = default)
    {
        var status = await StatusAsync("shmctl(SHM_INFO)", cancellationToken).ConfigureAwait(false);
        long extents = 0;
        await Parallel.ForEachAsync(
            ListAsync(cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = StatsInFlight, CancellationToken = cancellationToken },
            async (entry, token) =>
            {
                var own = await ExtentsAsync(entry.Id, token).ConfigureAwait(false);
                Interlocked.Add(ref extents, own);
            }).ConfigureAwait(false);
        return new SharedMemoryUsage(status.Objects, status.Units, extents * PagesPerExtent);
    }

    private async Task<long> ExtentsAsync(int id, CancellationToken cancellationToken)
    {
        try
        {
            return (long)(await Open(id).StatAsync(any: true, cancellationToken).ConfigureAwait(false)).Extents;
        }
        catch (IpcException exception) when (exception.Errno is Errno.EIDRM or Errno.EINVAL)
        {
            return 0;
        }
    }

    private async Task<DirectoryStatus> StatusAsync(string name, CancellationToken cancellationToken)
    {
        var call = new Call { DirectoryStat = new DirectoryStat() };
        return (await AskAsync(call, name, cancellationToken).ConfigureAwait(false)).DirectoryStatus;
    }

    private ValueTask<Result> AskAsync(Call call, string name, CancellationToken cancellationToken) =>
        connection.CallAsync(SharedMemory.Directory, call, name, cancellationToken);

    private Task DelayAsync(int attempt, CancellationToken cancellationToken)
    {
        var delayMs = Math.Min(1 << attempt, 100) * (0.5 + Random.Shared.NextDouble());
        return Task.Delay(TimeSpan.FromMilliseconds(delayMs), time, cancellationToken);
    }
}
