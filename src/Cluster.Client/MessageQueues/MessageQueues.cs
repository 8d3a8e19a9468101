using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class MessageQueues(IpcConnection connection, INamespace own, TimeProvider time)
    : ObjectSet<IMessageQueue, MessageQueueStat, QueueChange>(connection, MessageQueue.Words, time), IMessageQueues
{
    public Task<IMessageQueue> GetAsync(
        int key,
        GetFlags flags = GetFlags.Create,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default) =>
        GetObjectAsync(key, size: 0, flags, mode, durability, cancellationToken);

    public Task<IMessageQueue> CreateAsync(
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default) =>
        GetObjectAsync(IpcFlags.IPC_PRIVATE, size: 0, GetFlags.Create, mode, durability, cancellationToken);

    public override IMessageQueue Open(int id) => new MessageQueue(Connection, id);

    public async Task<MessageQueueLimits> InfoAsync(CancellationToken cancellationToken = default)
    {
        var counting = CountAsync(MessageQueue.Words.Limits, cancellationToken);
        var limits = await own.GetLimitsAsync(cancellationToken).ConfigureAwait(false);
        var count = await counting.ConfigureAwait(false);
        return new MessageQueueLimits(
            limits.Msgmax, limits.Msgmnb, limits.Msgmni, count.Objects, count.HighestIndex);
    }

    public async Task<MessageQueueUsage> UsageAsync(CancellationToken cancellationToken = default)
    {
        long queues = 0, messages = 0, bytes = 0;
        await StatAllAsync(
            stat =>
            {
                Interlocked.Increment(ref queues);
                Interlocked.Add(ref messages, (long)stat.Qnum);
                Interlocked.Add(ref bytes, (long)stat.Cbytes);
            },
            cancellationToken).ConfigureAwait(false);
        return new MessageQueueUsage(queues, messages, bytes);
    }
}
