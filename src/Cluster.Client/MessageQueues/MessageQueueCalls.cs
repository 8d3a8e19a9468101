using System.Runtime.CompilerServices;
using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class MessageQueueCalls(IpcConnection connection, TimeProvider time) : IMessageQueues
{
    /// <summary>A key's queue may be removed before it is reached: so often, then the caller hears of it.</summary>
    private const int GetAttempts = 10;

    private const int StatsInFlight = 64;

    public async Task<IMessageQueue> GetAsync(
        int key,
        int flags = IpcFlags.IPC_CREAT | 0x180,
        bool isVolatile = false,
        CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var got = await GetOnceAsync(key, flags, isVolatile, cancellationToken).ConfigureAwait(false);
            var queue = new MessageQueue(connection, got.Id);
            if (!got.Existed)
                return queue;
            try
            {
                await queue.AccessAsync(flags, cancellationToken).ConfigureAwait(false);
                return queue;
            }
            catch (IpcException exception) when (
                exception.Errno is Errno.EIDRM or Errno.EINVAL && attempt < GetAttempts)
            {
                // The directory knew a queue that is being removed: ask again whether the key is free.
            }

            if (attempt > 1)
                await DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task<IMessageQueue> CreateAsync(
        int mode = 0x180, bool isVolatile = false, CancellationToken cancellationToken = default) =>
        GetAsync(
            IpcFlags.IPC_PRIVATE,
            IpcFlags.IPC_CREAT | (mode & IpcFlags.ModeBits),
            isVolatile,
            cancellationToken);

    public IMessageQueue Open(int id) => new MessageQueue(connection, id);

    public async IAsyncEnumerable<MessageQueueEntry> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (long after = -1; ;)
        {
            var call = new Call { List = new List { AfterId = after, Limit = Bounds.ListingPage } };
            var result = await connection.CallAsync(MessageQueue.Directory, call, "list", cancellationToken)
                .ConfigureAwait(false);
            var page = result.Listing ?? new Listing();
            for (var i = 0; i < page.Ids.Count; i++)
                yield return new MessageQueueEntry(page.Ids[i], page.Keys[i]);
            if (!page.More || page.Ids.Count == 0)
                yield break;
            after = page.Ids[^1];
        }
    }

    public async Task<QueueStat> StatByIndexAsync(
        int index, bool any = false, CancellationToken cancellationToken = default)
    {
        var call = new Call { Resolve = new Resolve { Index = index } };
        var name = any ? "msgctl(MSG_STAT_ANY)" : "msgctl(MSG_STAT)";
        var result = await connection.CallAsync(MessageQueue.Directory, call, name, cancellationToken)
            .ConfigureAwait(false);
        var queue = new MessageQueue(connection, result.Id);
        return await queue.StatAsync(any, cancellationToken).ConfigureAwait(false);
    }

    public async Task<MessageQueueLimits> InfoAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { DirectoryStat = new DirectoryStat() };
        var asking = connection.CallAsync(MessageQueue.Directory, call, "msgctl(IPC_INFO)", cancellationToken);
        var limits = await new NamespaceCalls(connection).GetLimitsAsync(cancellationToken).ConfigureAwait(false);
        var result = await asking.ConfigureAwait(false);
        var directory = result.DirectoryStatus ?? new DirectoryStatus { HighestIndex = -1 };
        return new MessageQueueLimits(
            limits.Msgmax, limits.Msgmnb, limits.Msgmni, directory.Objects, directory.HighestIndex);
    }

    public async Task<MessageQueueUsage> UsageAsync(CancellationToken cancellationToken = default)
    {
        long queues = 0, messages = 0, bytes = 0;
        await Parallel.ForEachAsync(
            ListAsync(cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = StatsInFlight, CancellationToken = cancellationToken },
            async (entry, token) =>
            {
                if (await TryStatAsync(entry.Id, token).ConfigureAwait(false) is not { } stat)
                    return;
                Interlocked.Increment(ref queues);
                Interlocked.Add(ref messages, (long)stat.Qnum);
                Interlocked.Add(ref bytes, (long)stat.Cbytes);
            }).ConfigureAwait(false);
        return new MessageQueueUsage(queues, messages, bytes);
    }

    private async Task<QueueStat?> TryStatAsync(int id, CancellationToken cancellationToken)
    {
        try
        {
            return await new MessageQueue(connection, id).StatAsync(any: true, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (IpcException exception) when (exception.Errno is Errno.EIDRM or Errno.EINVAL)
        {
            return null;
        }
    }

    private async Task<Got> GetOnceAsync(int key, int flags, bool isVolatile, CancellationToken cancellationToken)
    {
        var call = new Call { Get = new Get { Key = key, Flags = flags, Volatile = isVolatile } };
        var result = await connection.CallAsync(MessageQueue.Directory, call, "msgget", cancellationToken)
            .ConfigureAwait(false);
        return result.Got ?? new Got { Id = result.Id };
    }

    private Task DelayAsync(int attempt, CancellationToken cancellationToken)
    {
        var delayMs = Math.Min(1 << attempt, 100) * (0.5 + Random.Shared.NextDouble());
        return Task.Delay(TimeSpan.FromMilliseconds(delayMs), time, cancellationToken);
    }
}
