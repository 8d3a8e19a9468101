using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class SharedMemorySegment(IpcConnection connection, int id)
    : ObjectHandle<SharedMemorySegmentStat, PermissionsChange>(connection, Words, id), ISharedMemorySegment
{
    public static readonly ObjectWords Words = new(Kind.SharedMemory, "shm");

    public async Task<ISharedMemoryAttachment> AttachAsync(
        ShmFlags flags = ShmFlags.None, CancellationToken cancellationToken = default)
    {
        var call = new Call { Shmat = new ShmAt { Flags = (int)flags } };
        var begun = Connection.Begin(new CallRequest(Target, call, "shmat", null, cancellationToken));
        var grant = await new ValueTask<Grant>(begun, begun.Version).ConfigureAwait(false);
        return new SharedMemoryAttachment(Connection, Target, grant.Result!.ShmAttachment, grant.Pid);
    }

    public async Task LockAsync(CancellationToken cancellationToken = default) =>
        await CallAsync(new Call { Shmlock = new ShmLock() }, "shmctl(SHM_LOCK)", cancellationToken)
            .ConfigureAwait(false);

    public async Task UnlockAsync(CancellationToken cancellationToken = default) =>
        await CallAsync(new Call { Shmlock = new ShmLock { Unlock = true } }, "shmctl(SHM_UNLOCK)", cancellationToken)
            .ConfigureAwait(false);

    protected override Call StatCall(bool any) => new() { Shmstat = new ShmStat { Any = any } };

    protected override SharedMemorySegmentStat ToStat(Result result) =>
        SharedMemorySegmentStat.From(result.SegmentStat);

    protected override Call SetCall(PermissionsChange change)
    {
        var (uid, gid, mode, patch) = Members(change);
        return new Call { Shmset = new ShmSet { Uid = uid, Gid = gid, Mode = mode, Patch = patch } };
    }
}
