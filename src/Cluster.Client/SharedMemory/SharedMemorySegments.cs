using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class SharedMemorySegments(IpcConnection connection, INamespace own, TimeProvider time)
    : ObjectSet<ISharedMemorySegment, SharedMemorySegmentStat, PermissionsChange>(
        connection, SharedMemorySegment.Words, time), ISharedMemorySegments
{
    private const int PagesPerExtent = Bounds.ExtentBytes / 4096;

    public Task<ISharedMemorySegment> GetAsync(
        int key,
        long size,
        GetFlags flags = GetFlags.Create,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default) =>
        GetObjectAsync(key, size, flags, mode, durability, cancellationToken);

    public Task<ISharedMemorySegment> CreateAsync(
        long size,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default) =>
        GetObjectAsync(IpcFlags.IPC_PRIVATE, size, GetFlags.Create, mode, durability, cancellationToken);

    public override ISharedMemorySegment Open(int id) => new SharedMemorySegment(Connection, id);

    public async Task<SharedMemoryLimits> InfoAsync(CancellationToken cancellationToken = default)
    {
        var counting = CountAsync(SharedMemorySegment.Words.Limits, cancellationToken);
        var limits = await own.GetLimitsAsync(cancellationToken).ConfigureAwait(false);
        var count = await counting.ConfigureAwait(false);
        return new SharedMemoryLimits(limits.Shmmax, limits.Shmall, limits.Shmmni, count.HighestIndex);
    }

    public async Task<SharedMemoryUsage> UsageAsync(CancellationToken cancellationToken = default)
    {
        var count = await CountAsync(SharedMemorySegment.Words.Usage, cancellationToken).ConfigureAwait(false);
        long extents = 0;
        await StatAllAsync(stat => Interlocked.Add(ref extents, (long)stat.Extents), cancellationToken)
            .ConfigureAwait(false);
        return new SharedMemoryUsage(count.Objects, count.Units, extents * PagesPerExtent);
    }
}
