using System.Runtime.CompilerServices;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests.Fakes;

/// <summary>The handle of a client on a queue of the fake cluster.</summary>
internal sealed class FakeHandle(FakeCluster cluster, FakeClient client, int id) : IMessageQueue
{
    public int Id => id;

    public ValueTask SendAsync(
        long type, ReadOnlyMemory<byte> text, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        cluster.Timeouts.Add(timeout);
        lock (cluster)
        {
            if (type <= 0) throw new IpcException(Errno.EINVAL, "msgsnd");
            if (Queue("msgsnd").TrySend(type, text, client.Pid)) return ValueTask.CompletedTask;
        }

        throw new IpcTimeoutException(Errno.ETIMEDOUT, "msgsnd");
    }

    public ValueTask<bool> TrySendAsync(long type, ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        lock (cluster) return ValueTask.FromResult(Queue("msgsnd").TrySend(type, text, client.Pid));
    }

    public ValueTask<bool> TrySendAsync(
        long type, ReadOnlyMemory<byte> text, TimeSpan timeout, CancellationToken cancellationToken) =>
        TrySendAsync(type, text, cancellationToken);

    public Task<IReadOnlyList<SendOutcome>> SendManyAsync(
        IEnumerable<OutgoingMessage> messages, TimeSpan? timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public async ValueTask<IpcMessage> ReceiveAsync(
        long type, int maxBytes, MsgFlags flags, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        Task<IpcMessage> waiting;
        lock (cluster)
        {
            cluster.Timeouts.Add(timeout);
            if (Queue("msgrcv").TryReceive(type, maxBytes, (int)flags, client.Pid) is { } message) return message;
            if (timeout is not null) throw new IpcTimeoutException(Errno.ETIMEDOUT, "msgrcv");
            waiting = Queue("msgrcv").Wait(type, (int)flags, cancellationToken, client.Closed);
        }

        cluster.Waiting.TrySetResult();
        return await waiting;
    }

    public ValueTask<IpcMessage?> TryReceiveAsync(
        long type, int maxBytes, MsgFlags flags, CancellationToken cancellationToken)
    {
        lock (cluster) return ValueTask.FromResult(Queue("msgrcv").TryReceive(type, maxBytes, (int)flags, client.Pid));
    }

    public ValueTask<IpcMessage?> TryReceiveAsync(
        TimeSpan timeout, long type, int maxBytes, MsgFlags flags, CancellationToken cancellationToken) =>
        TryReceiveAsync(type, maxBytes, flags, cancellationToken);

    public async ValueTask<Delivery> ReceiveDeliveryAsync(
        long type, int maxBytes, MsgFlags flags, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var message = (flags & MsgFlags.NoWait) == 0
            ? await ReceiveAsync(type, maxBytes, flags, timeout, cancellationToken)
            : await TryReceiveAsync(type, maxBytes, flags, cancellationToken)
                ?? throw new IpcException(Errno.ENOMSG, "msgrcv");
        return new FakeDelivery(cluster, id, message);
    }

    public ValueTask<IpcMessage> CopyAsync(long index, CancellationToken cancellationToken)
    {
        var messages = Queue("msgrcv").Messages;
        return index < messages.Count
            ? ValueTask.FromResult(messages[(int)index])
            : throw new IpcException(Errno.ENOMSG, "msgrcv");
    }

    public async IAsyncEnumerable<IpcMessage> ReceiveAllAsync(
        long type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true) yield return await ReceiveAsync(type, int.MaxValue, MsgFlags.None, null, cancellationToken);
    }

    public Task<MessageQueueStat> StatAsync(bool any, CancellationToken cancellationToken)
    {
        lock (cluster)
        {
            try
            {
                return Task.FromResult(
                    MessageQueueStat.From(Queue(any ? "msgctl(MSG_STAT_ANY)" : "msgctl(IPC_STAT)").Stat));
            }
            catch (IpcException exception)
            {
                return Task.FromException<MessageQueueStat>(exception);
            }
        }
    }

    public async Task SetAsync(QueueChange change, CancellationToken cancellationToken)
    {
        await Task.Yield();
        lock (cluster)
        {
            var stat = Owned("msgctl(IPC_SET)").Stat;
            FakeCluster.Apply(change, stat.Permissions);
            stat.Qbytes = change.Qbytes ?? stat.Qbytes;
        }
    }

    public Task RemoveAsync(CancellationToken cancellationToken)
    {
        lock (cluster) Owned("msgctl(IPC_RMID)").Remove();
        return Task.CompletedTask;
    }

    private FakeQueue Owned(string call)
    {
        var queue = Queue(call);
        return client.Uid == 0 || client.Uid == queue.Stat.Permissions.Uid
            ? queue
            : throw new IpcException(Errno.EPERM, call);
    }

    private FakeQueue Queue(string call)
    {
        if (!cluster.Queues.TryGetValue(id, out var queue)) throw new IpcException(Errno.EINVAL, call);
        return queue.IsRemoved ? throw new IpcException(Errno.EIDRM, call) : queue;
    }
}

/// <summary>A message that the queue has back when it is returned.</summary>
internal sealed class FakeDelivery(FakeCluster cluster, int queue, IpcMessage message) : Delivery(message)
{
    protected override ValueTask AcknowledgeAsync() => ValueTask.CompletedTask;

    protected override ValueTask PutBackAsync(CancellationToken cancellationToken)
    {
        lock (cluster) cluster.Queues[queue].PutBack(Message);
        return ValueTask.CompletedTask;
    }
}
