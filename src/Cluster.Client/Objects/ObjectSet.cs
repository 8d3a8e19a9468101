using System.Runtime.CompilerServices;
using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The objects of one kind: get, list and stat by index, for which all kinds have the same calls.</summary>
internal abstract class ObjectSet<THandle, TStat, TChange>(
    IpcConnection connection, ObjectWords words, TimeProvider time) : IIpcObjects<THandle, TStat>
    where THandle : IIpcObject<TStat, TChange>
    where TChange : PermissionsChange
{
    /// <summary>
    /// The object of a key may be removed before it is reached. After so many times the caller is told.
    /// </summary>
    private const int GetAttempts = 10;

    private const int AskedAtOnce = 64;
    private const int LongestDelayMs = 100;

    protected IpcConnection Connection => connection;

    public abstract THandle Open(int id);

    public async IAsyncEnumerable<IpcObjectEntry> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (long after = -1; ;)
        {
            var call = new Call { List = new List { AfterId = after, Limit = Bounds.ListingPage } };
            var result = await AskAsync(call, "list", cancellationToken).ConfigureAwait(false);
            var page = result.Listing ?? new Listing();
            for (var i = 0; i < page.Ids.Count; i++)
                yield return new IpcObjectEntry(page.Ids[i], page.Keys[i]);
            if (!page.More || page.Ids.Count == 0)
                yield break;
            after = page.Ids[^1];
        }
    }

    public async Task<TStat> StatByIndexAsync(
        int index, bool any = false, CancellationToken cancellationToken = default)
    {
        var call = new Call { Resolve = new Resolve { Index = index } };
        var name = any ? words.StatAny : words.StatByIndex;
        var result = await AskAsync(call, name, cancellationToken).ConfigureAwait(false);
        var handle = (ObjectHandle<TStat, TChange>)(object)Open(result.Id)!;
        return await handle.StatAsync(any, name, cancellationToken).ConfigureAwait(false);
    }

    public async Task<int?> GetNextIdAsync(CancellationToken cancellationToken = default)
    {
        var status = await CountAsync(words.NextId, cancellationToken).ConfigureAwait(false);
        return status.HasNextId ? status.NextId : null;
    }

    public async Task SetNextIdAsync(int id, CancellationToken cancellationToken = default)
    {
        var call = new Call { NextIdSet = new NextIdSet { Id = id } };
        await AskAsync(call, words.NextId, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>msgget(2), semget(2), shmget(2).</summary>
    protected async Task<THandle> GetObjectAsync(
        int key,
        long size,
        GetFlags flags,
        UnixFileMode mode,
        Durability durability,
        CancellationToken cancellationToken)
    {
        var bits = (int)flags | ((int)mode & IpcFlags.ModeBits);
        for (var attempt = 1; ; attempt++)
        {
            var get = new Get { Key = key, Size = size, Flags = bits, Volatile = durability == Durability.Volatile };
            var result = await AskAsync(new Call { Get = get }, words.Get, cancellationToken).ConfigureAwait(false);
            var got = result.Got ?? new Got { Id = result.Id };
            if (!got.Existed)
                return Open(got.Id);
            try
            {
                var access = new Call { Access = new Access { Flags = bits } };
                await connection.CallAsync(words.Of(got.Id), access, words.Get, cancellationToken)
                    .ConfigureAwait(false);
                return Open(got.Id);
            }
            catch (IpcException exception) when (
                exception.Errno is Errno.EIDRM or Errno.EINVAL && attempt < GetAttempts)
            {
                // The directory named an object that is being removed: ask again whether the key is free.
            }

            if (attempt > 1)
                await DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>How many objects there are.</summary>
    protected async Task<DirectoryStatus> CountAsync(string name, CancellationToken cancellationToken)
    {
        var call = new Call { DirectoryStat = new DirectoryStat() };
        var result = await AskAsync(call, name, cancellationToken).ConfigureAwait(false);
        return result.DirectoryStatus ?? new DirectoryStatus { HighestIndex = -1 };
    }

    /// <summary>Asks all objects, some at a time. Objects that are removed meanwhile are left out.</summary>
    protected Task StatAllAsync(Action<TStat> add, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        ListAsync(cancellationToken),
        new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = cancellationToken },
        async (entry, token) =>
        {
            try
            {
                add(await Open(entry.Id).StatAsync(any: true, token).ConfigureAwait(false));
            }
            catch (IpcException exception) when (exception.Errno is Errno.EIDRM or Errno.EINVAL)
            {
                // The object was removed after it was listed.
            }
        });

    private ValueTask<Result> AskAsync(Call call, string name, CancellationToken cancellationToken) =>
        connection.CallAsync(words.Directory, call, name, cancellationToken);

    private Task DelayAsync(int attempt, CancellationToken cancellationToken)
    {
        var delayMs = Math.Min(1 << attempt, LongestDelayMs) * (0.5 + Random.Shared.NextDouble());
        return Task.Delay(TimeSpan.FromMilliseconds(delayMs), time, cancellationToken);
    }
}
