using System.Runtime.CompilerServices;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests.Fakes;

/// <summary>The state of one semaphore set.</summary>
internal sealed class FakeSet(SetStat stat)
{
    public SetStat Stat { get; } = stat;

    public int[] Values { get; } = new int[stat.Nsems];

    public int[] Pids { get; } = new int[stat.Nsems];

    public ulong Revision { get; set; }

    public bool IsRemoved { get; set; }

    /// <summary>Calls that wait, in their order.</summary>
    public List<(IReadOnlyList<SemaphoreOperation> Operations, int Pid, TaskCompletionSource<ulong> Done)>
        Waiters { get; } = [];

    /// <summary>Performs all operations or none; 0: they have to wait.</summary>
    public ulong Perform(IReadOnlyList<SemaphoreOperation> operations, int pid)
    {
        var values = Values.ToArray();
        foreach (var (number, amount, _) in operations)
        {
            if (number >= values.Length) throw new IpcException(Errno.EFBIG, "semop");
            if (amount == 0 ? values[number] != 0 : values[number] + amount < 0) return 0;
            values[number] += amount;
            Pids[number] = pid;
        }

        values.CopyTo(Values, 0);
        return ++Revision;
    }
}

/// <summary>
/// A client's view of the sets of the fake cluster. There is no clock: a call with a time-out that would have to wait
/// times out at once.
/// </summary>
internal sealed class FakeSets(FakeCluster cluster, FakeClient client) : ISemaphoreSets
{
    public Task<ISemaphoreSet> GetAsync(
        int key, int count, GetFlags flags, UnixFileMode mode, Durability durability,
        CancellationToken cancellationToken)
    {
        lock (cluster)
        {
            var known = cluster.Sets.Values.FirstOrDefault(set =>
                !set.IsRemoved && key != IpcFlags.IPC_PRIVATE && set.Stat.Permissions.Key == key);
            if (count > cluster.Limits.Semmsl) throw new IpcException(Errno.EINVAL, "semget");
            if (known is null && key != IpcFlags.IPC_PRIVATE && (flags & GetFlags.Create) == 0)
                throw new IpcException(Errno.ENOENT, "semget");
            if (known is not null && (flags & GetFlags.Exclusive) != 0) throw new IpcException(Errno.EEXIST, "semget");
            if (known is null && count == 0) throw new IpcException(Errno.EINVAL, "semget");
            known ??= cluster.MakeSet(
                key, count, (int)mode & IpcFlags.ModeBits, client.Uid, durability == Durability.Volatile);
            return Task.FromResult(Open(known.Stat.Id));
        }
    }

    public Task<ISemaphoreSet> CreateAsync(
        int count, UnixFileMode mode, Durability durability, CancellationToken cancellationToken) =>
        GetAsync(IpcFlags.IPC_PRIVATE, count, GetFlags.Create, mode, durability, cancellationToken);

    public ISemaphoreSet Open(int id) => new FakeSetHandle(cluster, client, id);

    public async IAsyncEnumerable<IpcObjectEntry> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var set in cluster.Sets.Values.Where(set => !set.IsRemoved).ToArray())
        {
            await Task.Yield();
            yield return new IpcObjectEntry(set.Stat.Id, set.Stat.Permissions.Key);
        }
    }

    public Task<SemaphoreSetStat> StatByIndexAsync(int index, bool any, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<SemaphoreSetLimits> InfoAsync(CancellationToken cancellationToken)
    {
        var (limits, sets) = (cluster.Limits, cluster.Sets.Values.Where(set => !set.IsRemoved).ToArray());
        return Task.FromResult(new SemaphoreSetLimits(
            limits.Semmni, limits.Semmns, limits.Semmsl, limits.Semopm, sets.Length,
            sets.Sum(set => set.Stat.Nsems), sets.Length - 1));
    }
}

/// <summary>The handle of a client on a set of the fake cluster.</summary>
internal sealed class FakeSetHandle(FakeCluster cluster, FakeClient client, int id) : ISemaphoreSet
{
    public int Id => id;

    public ValueTask<ulong> OperateAsync(
        IReadOnlyList<SemaphoreOperation> operations, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        lock (cluster)
        {
            cluster.Timeouts.Add(timeout);
            var set = Set("semop");
            var revision = set.Perform(operations, client.Pid);
            if (revision == 0)
            {
                if (operations.Any(operation => (operation.Flags & SemFlags.NoWait) != 0))
                    throw new IpcException(Errno.EAGAIN, "semop");
                if (timeout is not null) throw new IpcTimeoutException(Errno.EAGAIN, "semop");
                return new ValueTask<ulong>(Wait(set, operations));
            }

            for (var i = 0; i < set.Waiters.Count; i++)
            {
                var (others, pid, done) = set.Waiters[i];
                if (set.Perform(others, pid) is not (> 0 and var woken)) continue;
                set.Waiters.RemoveAt(i);
                done.TrySetResult(woken);
                i = -1;
            }

            return ValueTask.FromResult(revision);
        }
    }

    public ValueTask<ulong?> TryOperateAsync(
        IReadOnlyList<SemaphoreOperation> operations, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<ulong?> TryOperateAsync(
        IReadOnlyList<SemaphoreOperation> operations, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<SemaphorePermit> AcquireAsync(
        int number, int count, TimeSpan? timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<SemaphorePermit?> TryAcquireAsync(int number, int count, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<SemaphorePermit?> TryAcquireAsync(
        TimeSpan timeout, int number, int count, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<SemaphorePermit?> TryLockAsync(int number, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<SemaphorePermit?> TryLockAsync(
        TimeSpan timeout, int number, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<SemaphorePermit> LockAsync(int number, TimeSpan? timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<int> GetValueAsync(int number, CancellationToken cancellationToken) =>
        Task.FromResult(Set("semctl(GETVAL)").Values[number]);

    public Task<int> GetPidAsync(int number, CancellationToken cancellationToken) =>
        Task.FromResult(Set("semctl(GETPID)").Pids[number]);

    public Task<int> GetIncreaseCountAsync(int number, CancellationToken cancellationToken)
    {
        lock (cluster)
        {
            return Task.FromResult(Set("semctl(GETNCNT)").Waiters.Count(waiter =>
                waiter.Operations[0].Number == number && waiter.Operations[0].Amount < 0));
        }
    }

    public Task<int> GetZeroCountAsync(int number, CancellationToken cancellationToken) => Task.FromResult(0);

    public Task<IReadOnlyList<int>> GetAllAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<int>>(Set("semctl(GETALL)").Values);

    public Task<IReadOnlyList<SemaphoreState>> PeekAsync(CancellationToken cancellationToken)
    {
        var set = Set("semctl(GETALL)");
        return Task.FromResult<IReadOnlyList<SemaphoreState>>(
            [.. set.Values.Zip(set.Pids, (value, pid) => new SemaphoreState(value, pid, 0, 0))]);
    }

    public Task SetValueAsync(int number, int value, CancellationToken cancellationToken)
    {
        if (value is < 0 or > Bounds.SemaphoreValue) throw new IpcException(Errno.ERANGE, "semctl(SETVAL)");
        var set = Set("semctl(SETVAL)");
        if (number < 0 || number >= set.Values.Length) throw new IpcException(Errno.EINVAL, "semctl(SETVAL)");
        set.Values[number] = value;
        return Task.CompletedTask;
    }

    public Task SetAllAsync(IReadOnlyList<int> values, CancellationToken cancellationToken)
    {
        var set = Set("semctl(SETALL)");
        if (values.Count != set.Values.Length) throw new IpcException(Errno.EINVAL, "semctl(SETALL)");
        values.ToArray().CopyTo(set.Values, 0);
        return Task.CompletedTask;
    }

    public async Task<SemaphoreSetStat> StatAsync(bool any, CancellationToken cancellationToken)
    {
        lock (cluster) cluster.MostAsked = Math.Max(cluster.MostAsked, ++cluster.Asked);
        await Task.Delay(1, cancellationToken);
        lock (cluster)
        {
            cluster.Asked--;
            return SemaphoreSetStat.From(Set(any ? "semctl(SEM_STAT_ANY)" : "semctl(IPC_STAT)").Stat);
        }
    }

    public async Task SetAsync(PermissionsChange change, CancellationToken cancellationToken)
    {
        await Task.Yield();
        FakeCluster.Apply(change, Owned("semctl(IPC_SET)").Stat.Permissions);
    }

    public Task RemoveAsync(CancellationToken cancellationToken)
    {
        lock (cluster) Owned("semctl(IPC_RMID)").IsRemoved = true;
        return Task.CompletedTask;
    }

    private Task<ulong> Wait(FakeSet set, IReadOnlyList<SemaphoreOperation> operations)
    {
        var done = new TaskCompletionSource<ulong>(TaskCreationOptions.RunContinuationsAsynchronously);
        set.Waiters.Add((operations, client.Pid, done));
        client.Closed.Register(() => done.TrySetException(new ObjectDisposedException(nameof(IpcClient))));
        return done.Task;
    }

    private FakeSet Owned(string call)
    {
        var set = Set(call);
        return client.Uid == 0 || client.Uid == set.Stat.Permissions.Uid
            ? set
            : throw new IpcException(Errno.EPERM, call);
    }

    private FakeSet Set(string call)
    {
        if (!cluster.Sets.TryGetValue(id, out var set)) throw new IpcException(Errno.EINVAL, call);
        return set.IsRemoved ? throw new IpcException(Errno.EIDRM, call) : set;
    }
}
