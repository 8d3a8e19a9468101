using System.Runtime.CompilerServices;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests.Fakes;

/// <summary>A process of the fake cluster, and its views of queues and namespaces.</summary>
internal sealed class FakeClient(FakeCluster cluster, IpcClientOptions options, int pid)
    : IIpcClient, IMessageQueues, INamespace
{
    private readonly CancellationTokenSource _closing = new();

    public int Pid => pid;

    /// <summary>Cancelled when the process takes leave.</summary>
    public CancellationToken Closed => _closing.Token;

    public string Path => options.Namespace;

    public uint Uid => options.Uid ?? 65_534;

    public uint Gid => options.Gid ?? 65_534;

    public IpcConnectionState State => IpcConnectionState.Connected;

    public IMessageQueues MessageQueues => this;

    public ISemaphoreSets SemaphoreSets => new FakeSets(cluster, this);

    public ISharedMemorySegments SharedMemorySegments => new FakeSegments(cluster, this);

    public INamespace Namespace => this;

    public event EventHandler<IpcStateChange>? StateChanged
    {
        add { }
        remove { }
    }

    public Task<NodeStatus> StatAsync(CancellationToken cancellationToken) =>
        Task.FromResult(NodeStatus.From(cluster.Node));

    public IAsyncEnumerable<IpcTraceFrame> TraceProcessAsync(int traced, CancellationToken cancellationToken) =>
        cluster.Trace($"pid {traced}", cancellationToken).Select(frame => new IpcTraceFrame(frame));

    public IAsyncEnumerable<IpcTraceFrame> TraceObjectAsync(
        IpcObjectKind kind, int id, CancellationToken cancellationToken) =>
        cluster.Trace($"{kind} {id}", cancellationToken).Select(frame => new IpcTraceFrame(frame));

    public ValueTask DisposeAsync()
    {
        cluster.Left(pid);
        _closing.Cancel();
        return ValueTask.CompletedTask;
    }

    public Task<IMessageQueue> GetAsync(
        int key, GetFlags flags, UnixFileMode mode, Durability durability, CancellationToken cancellationToken)
    {
        lock (cluster)
        {
            var known = cluster.Queues.Values.FirstOrDefault(queue =>
                !queue.IsRemoved && key != IpcFlags.IPC_PRIVATE && queue.Stat.Permissions.Key == key);
            if (known is null && key != IpcFlags.IPC_PRIVATE && (flags & GetFlags.Create) == 0)
                throw new IpcException(Errno.ENOENT, "msgget");
            if (known is not null && (flags & GetFlags.Exclusive) != 0) throw new IpcException(Errno.EEXIST, "msgget");
            known ??= cluster.Make(
                key, (int)mode & IpcFlags.ModeBits, Uid, Gid, durability == Durability.Volatile);
            return Task.FromResult(Open(known.Stat.Id));
        }
    }

    public Task<IMessageQueue> CreateAsync(
        UnixFileMode mode, Durability durability, CancellationToken cancellationToken) =>
        GetAsync(IpcFlags.IPC_PRIVATE, GetFlags.Create, mode, durability, cancellationToken);

    public IMessageQueue Open(int id) => new FakeHandle(cluster, this, id);

    public async IAsyncEnumerable<IpcObjectEntry> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var queue in cluster.Queues.Values.Where(queue => !queue.IsRemoved).ToArray())
        {
            await Task.Yield();
            yield return new IpcObjectEntry(queue.Stat.Id, queue.Stat.Permissions.Key);
        }
    }

    public Task<MessageQueueStat> StatByIndexAsync(int index, bool any, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<MessageQueueLimits> InfoAsync(CancellationToken cancellationToken) => Task.FromResult(
        new MessageQueueLimits(
            cluster.Limits.Msgmax,
            cluster.Limits.Msgmnb,
            cluster.Limits.Msgmni,
            cluster.Queues.Values.Count(queue => !queue.IsRemoved),
            0));

    public Task<MessageQueueUsage> UsageAsync(CancellationToken cancellationToken)
    {
        var queues = cluster.Queues.Values.Where(queue => !queue.IsRemoved).ToArray();
        return Task.FromResult(new MessageQueueUsage(
            queues.Length,
            queues.Sum(queue => (long)queue.Stat.Qnum),
            queues.Sum(queue => (long)queue.Stat.Cbytes)));
    }

    public Task CreateChildAsync(string name, CancellationToken cancellationToken)
    {
        if (!cluster.NamespacePaths.Add(Child(name))) throw new IpcException(Errno.EEXIST, "namespace create");
        return Task.CompletedTask;
    }

    public Task RemoveChildAsync(string name, CancellationToken cancellationToken)
    {
        if (!cluster.NamespacePaths.Remove(Child(name))) throw new IpcException(Errno.ENOENT, "namespace remove");
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> ListChildrenAsync(CancellationToken cancellationToken)
    {
        var prefix = Child("");
        return Task.FromResult<IReadOnlyList<string>>(
            [.. cluster.NamespacePaths.Where(path => path.StartsWith(prefix, StringComparison.Ordinal))
                .Select(path => path[prefix.Length..]).Where(rest => rest.Length > 0 && !rest.Contains('/'))]);
    }

    public Task<NamespaceLimits> GetLimitsAsync(CancellationToken cancellationToken) =>
        Task.FromResult(NamespaceLimits.From(cluster.Limits));

    public Task SetLimitAsync(string name, long value, CancellationToken cancellationToken)
    {
        if (Uid != 0) throw new IpcException(Errno.EPERM, "sysctl");
        if (name is "semmni" && value > 1 << 24) throw new IpcException(Errno.ERANGE, "sysctl(semmni)");
        // The members of the message have the names of the limits.
        var member = Limits.Descriptor.FindFieldByName(name) ?? throw new IpcException(Errno.ENOENT, "sysctl");
        var isUnsigned = name is "shmmax" or "shmall";
        member.Accessor.SetValue(cluster.Limits, isUnsigned ? (object)(ulong)value : value);
        return Task.CompletedTask;
    }

    public Task InheritLimitAsync(string name, CancellationToken cancellationToken)
    {
        cluster.Inherited.Add(name);
        return Task.CompletedTask;
    }

    private string Child(string name) => $"{options.Namespace.TrimEnd('/')}/{name}";
}
