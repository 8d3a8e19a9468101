using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests.Fakes;

/// <summary>The state of one shared memory segment.</summary>
internal sealed class FakeSegment(SegmentStat stat)
{
    public SegmentStat Stat { get; } = stat;

    public byte[] Bytes { get; } = new byte[Math.Min(stat.Segsz, 1 << 20)];

    public bool IsRemoved { get; set; }
}

/// <summary>A client's view of the segments of the fake cluster.</summary>
internal sealed class FakeSegments(FakeCluster cluster, FakeClient client) : ISharedMemorySegments
{
    public Task<ISharedMemorySegment> GetAsync(
        int key, long size, GetFlags flags, UnixFileMode mode, Durability durability,
        CancellationToken cancellationToken)
    {
        lock (cluster)
        {
            var known = cluster.Segments.Values.FirstOrDefault(segment =>
                !segment.IsRemoved && key != IpcFlags.IPC_PRIVATE && segment.Stat.Permissions.Key == key);
            if (known is null && key != IpcFlags.IPC_PRIVATE && (flags & GetFlags.Create) == 0)
                throw new IpcException(Errno.ENOENT, "shmget");
            if (known is not null && (flags & GetFlags.Exclusive) != 0) throw new IpcException(Errno.EEXIST, "shmget");
            if (known is null && (size == 0 || (ulong)size > cluster.Limits.Shmmax))
                throw new IpcException(Errno.EINVAL, "shmget");
            known ??= cluster.MakeSegment(
                key, (ulong)size, (int)mode & IpcFlags.ModeBits, client.Uid, durability == Durability.Volatile,
                client.Pid);
            return Task.FromResult(Open(known.Stat.Id));
        }
    }

    public Task<ISharedMemorySegment> CreateAsync(
        long size, UnixFileMode mode, Durability durability, CancellationToken cancellationToken) =>
        GetAsync(IpcFlags.IPC_PRIVATE, size, GetFlags.Create, mode, durability, cancellationToken);

    public ISharedMemorySegment Open(int id) => new FakeSegmentHandle(cluster, client, id);

    public async IAsyncEnumerable<IpcObjectEntry> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var segment in cluster.Segments.Values.Where(segment => !segment.IsRemoved).ToArray())
        {
            await Task.Yield();
            yield return new IpcObjectEntry(segment.Stat.Id, segment.Stat.Permissions.Key);
        }
    }

    public Task<SharedMemorySegmentStat> StatByIndexAsync(int index, bool any, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<SharedMemoryLimits> InfoAsync(CancellationToken cancellationToken)
    {
        var limits = cluster.Limits;
        return Task.FromResult(new SharedMemoryLimits(limits.Shmmax, limits.Shmall, limits.Shmmni, -1));
    }

    public Task<SharedMemoryUsage> UsageAsync(CancellationToken cancellationToken)
    {
        var stats = cluster.Segments.Values.Where(each => !each.IsRemoved).Select(each => each.Stat).ToArray();
        return Task.FromResult(new SharedMemoryUsage(
            stats.Length,
            stats.Sum(stat => (long)(stat.Segsz + 4095) / 4096),
            stats.Sum(stat => (long)stat.Extents * 64)));
    }
}

/// <summary>The handle of a client on a segment of the fake cluster.</summary>
internal sealed class FakeSegmentHandle(FakeCluster cluster, FakeClient client, int id) : ISharedMemorySegment
{
    public int Id => id;

    public Task<ISharedMemoryAttachment> AttachAsync(ShmFlags flags, CancellationToken cancellationToken)
    {
        var segment = Segment("shmat");
        segment.Stat.Nattch++;
        segment.Stat.Lpid = client.Pid;
        return Task.FromResult<ISharedMemoryAttachment>(
            new FakeAttachment(segment, (flags & ShmFlags.ReadOnly) != 0));
    }

    public async Task<SharedMemorySegmentStat> StatAsync(bool any, CancellationToken cancellationToken)
    {
        await Task.Yield();
        lock (cluster)
        {
            return SharedMemorySegmentStat.From(Segment(any ? "shmctl(SHM_STAT_ANY)" : "shmctl(IPC_STAT)").Stat);
        }
    }

    public async Task SetAsync(PermissionsChange change, CancellationToken cancellationToken)
    {
        await Task.Yield();
        FakeCluster.Apply(change, Owned("shmctl(IPC_SET)").Stat.Permissions);
    }

    public Task LockAsync(CancellationToken cancellationToken)
    {
        Owned("shmctl(SHM_LOCK)").Stat.Permissions.Mode |= IpcFlags.SHM_LOCKED;
        return Task.CompletedTask;
    }

    public Task UnlockAsync(CancellationToken cancellationToken)
    {
        Owned("shmctl(SHM_UNLOCK)").Stat.Permissions.Mode &= ~(uint)IpcFlags.SHM_LOCKED;
        return Task.CompletedTask;
    }

    public Task RemoveAsync(CancellationToken cancellationToken)
    {
        lock (cluster) Owned("shmctl(IPC_RMID)").IsRemoved = true;
        return Task.CompletedTask;
    }

    private FakeSegment Owned(string call)
    {
        var segment = Segment(call);
        return client.Uid == 0 || client.Uid == segment.Stat.Permissions.Uid
            ? segment
            : throw new IpcException(Errno.EPERM, call);
    }

    // A segment that was removed is gone: EINVAL, as shmctl(2) has it.
    private FakeSegment Segment(string call) =>
        cluster.Segments.TryGetValue(id, out var segment) && !segment.IsRemoved
            ? segment
            : throw new IpcException(Errno.EINVAL, call);
}

/// <summary>An attachment: reads, writes and additions only.</summary>
internal sealed class FakeAttachment(FakeSegment segment, bool isReadOnly) : ISharedMemoryAttachment
{
    public int SegmentId => segment.Stat.Id;

    public long Size => (long)segment.Stat.Segsz;

    public bool IsReadOnly => isReadOnly;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset + buffer.Length > Size) throw new IpcException(Errno.EFAULT, "read");
        segment.Bytes.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (offset + data.Length > Size) throw new IpcException(Errno.EFAULT, "write");
        data.CopyTo(segment.Bytes.AsMemory((int)offset));
        segment.Stat.Extents = 1;
        return ValueTask.CompletedTask;
    }

    ValueTask<T> ISharedMemoryAttachment.LoadAsync<T>(long offset, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    ValueTask<T> ISharedMemoryAttachment.ExchangeAsync<T>(
        long offset, T value, CancellationToken cancellationToken) => throw new NotSupportedException();

    ValueTask<T> ISharedMemoryAttachment.CompareExchangeAsync<T>(
        long offset, T value, T expected, CancellationToken cancellationToken) => throw new NotSupportedException();

    ValueTask<T> ISharedMemoryAttachment.FetchAddAsync<T>(long offset, T value, CancellationToken cancellationToken)
    {
        lock (segment)
        {
            var word = segment.Bytes.AsSpan((int)offset);
            var was = MemoryMarshal.Read<T>(word);
            MemoryMarshal.Write(word, was + value);
            return ValueTask.FromResult(was);
        }
    }

    ValueTask<T> ISharedMemoryAttachment.FetchAndAsync<T>(
        long offset, T value, CancellationToken cancellationToken) => throw new NotSupportedException();

    ValueTask<T> ISharedMemoryAttachment.FetchOrAsync<T>(
        long offset, T value, CancellationToken cancellationToken) => throw new NotSupportedException();

    ValueTask<T> ISharedMemoryAttachment.FetchXorAsync<T>(
        long offset, T value, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DetachAsync(CancellationToken cancellationToken)
    {
        segment.Stat.Nattch--;
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync() => await DetachAsync(CancellationToken.None);
}
