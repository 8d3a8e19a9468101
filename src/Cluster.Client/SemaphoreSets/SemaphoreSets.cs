using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class SemaphoreSets(IpcConnection connection, INamespace own, TimeProvider time)
    : ObjectSet<ISemaphoreSet, SemaphoreSetStat, PermissionsChange>(connection, SemaphoreSet.Words, time),
        ISemaphoreSets
{
    public Task<ISemaphoreSet> GetAsync(
        int key,
        int count = 1,
        GetFlags flags = GetFlags.Create,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default) =>
        GetObjectAsync(key, count, flags, mode, durability, cancellationToken);

    public Task<ISemaphoreSet> CreateAsync(
        int count = 1,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default) =>
        GetObjectAsync(IpcFlags.IPC_PRIVATE, count, GetFlags.Create, mode, durability, cancellationToken);

    public override ISemaphoreSet Open(int id) => new SemaphoreSet(Connection, id);

    public async Task<SemaphoreSetLimits> InfoAsync(CancellationToken cancellationToken = default)
    {
        var counting = CountAsync(SemaphoreSet.Words.Limits, cancellationToken);
        var limits = await own.GetLimitsAsync(cancellationToken).ConfigureAwait(false);
        var count = await counting.ConfigureAwait(false);
        return new SemaphoreSetLimits(
            limits.Semmni, limits.Semmns, limits.Semmsl, limits.Semopm, count.Objects, count.Units,
            count.HighestIndex);
    }
}
