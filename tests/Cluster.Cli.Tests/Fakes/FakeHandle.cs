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

        throw new IpcException(Errno.ETIMEDOUT, "msgsnd");
    }

    public ValueTask<bool> TrySendAsync(long type, ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        lock (cluster) return ValueTask.FromResult(Queue("msgsnd").TrySend(type, text, client.Pid));
    }

    public async ValueTask<IpcMessage> ReceiveAsync(
        long type, int maxBytes, int flags, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        Task<IpcMessage> waiting;
        lock (cluster)
        {
            cluster.Timeouts.Add(timeout);
            if (Queue("msgrcv").TryReceive(type, maxBytes, flags, client.Pid) is { } message) return message;
            if (timeout is not null) throw new IpcException(Errno.ETIMEDOUT, "msgrcv");
            waiting = Queue("msgrcv").Wait(type, flags, cancellationToken, client.Closed);
        }

        cluster.Waiting.TrySetResult();
        return await waiting;
    }

    public ValueTask<IpcMessage?> TryReceiveAsync(
        long type, int maxBytes, int flags, CancellationToken cancellationToken)
    {
        lock (cluster) return ValueTask.FromResult(Queue("msgrcv").TryReceive(type, maxBytes, flags, client.Pid));
    }

    public async Task ReceiveIntoAsync(
        Func<IpcMessage, ValueTask> take,
        long type,
        int maxBytes,
        int flags,
        TimeSpan? timeout,
        CancellationToken cancellationToken)
    {
        var message = (flags & IpcFlags.IPC_NOWAIT) == 0
            ? await ReceiveAsync(type, maxBytes, flags, timeout, cancellationToken)
            : await TryReceiveAsync(type, maxBytes, flags, cancellationToken)
                ?? throw new IpcException(Errno.ENOMSG, "msgrcv");
        try
        {
            await take(message);
        }
        catch
        {
            lock (cluster) cluster.Queues[id].PutBack(message);
            throw;
        }
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
        while (true) yield return await ReceiveAsync(type, int.MaxValue, 0, null, cancellationToken);
    }

    public Task<QueueStat> StatAsync(bool any, CancellationToken cancellationToken)
    {
        lock (cluster)
        {
            try
            {
                return Task.FromResult(Queue(any ? "msgctl(MSG_STAT_ANY)" : "msgctl(IPC_STAT)").Stat.Clone());
            }
            catch (IpcException exception)
            {
                return Task.FromException<QueueStat>(exception);
            }
        }
    }

    public Task SetAsync(uint uid, uint gid, int mode, ulong qbytes, CancellationToken cancellationToken)
    {
        lock (cluster)
        {
            var stat = Owned("msgctl(IPC_SET)").Stat;
            (stat.Permissions.Uid, stat.Permissions.Gid, stat.Permissions.Mode) = (uid, gid, (uint)mode);
            stat.Qbytes = qbytes;
        }

        return Task.CompletedTask;
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
