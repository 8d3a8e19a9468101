using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class SharedMemory(IpcConnection connection, int id) : ISharedMemory
{
    internal static readonly Target Directory = new() { Kind = Kind.Directory, Id = (int)Kind.SharedMemory };

    private readonly Target _target = new() { Kind = Kind.SharedMemory, Id = id };

    public int Id => id;

    public async Task<ISharedMemoryAttachment> AttachAsync(
        int flags = 0, CancellationToken cancellationToken = default)
    {
        var call = new Call { Shmat = new ShmAt { Flags = flags } };
        var begun = connection.Begin(_target, call, "shmat", null, cancellationToken);
        var grant = await new ValueTask<Grant>(begun, begun.Version).ConfigureAwait(false);
        return new SharedMemoryAttachment(connection, _target, grant.Result!.ShmAttachment, grant.Pid);
    }

    public async Task<SegmentStat> StatAsync(bool any = false, CancellationToken cancellationToken = default)
    {
        var call = new Call { Shmstat = new ShmStat { Any = any } };
        var name = any ? "shmctl(SHM_STAT_ANY)" : "shmctl(IPC_STAT)";
        var result = await connection.CallAsync(_target, call, name, cancellationToken).ConfigureAwait(false);
        return result.SegmentStat;
    }

    public async Task SetAsync(uint uid, uint gid, int mode, CancellationToken cancellationToken = default)
    {
        var set = new ShmSet { Uid = uid, Gid = gid, Mode = (uint)(mode & IpcFlags.ModeBits) };
        var call = new Call { Shmset = set };
        await connection.CallAsync(_target, call, "shmctl(IPC_SET)", cancellationToken).ConfigureAwait(false);
    }

    public async Task LockAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { Shmlock = new ShmLock() };
        await connection.CallAsync(_target, call, "shmctl(SHM_LOCK)", cancellationToken).ConfigureAwait(false);
    }

    public async Task UnlockAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { Shmlock = new ShmLock { Unlock = true } };
        await connection.CallAsync(_target, call, "shmctl(SHM_UNLOCK)", cancellationToken).ConfigureAwait(false);
    }

    public async Task RemoveAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { Remove = new Remove { Id = id } };
        await connection.CallAsync(Directory, call, "shmctl(IPC_RMID)", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks the segment whether the process may have what the mode bits of flags ask for.</summary>
    internal async Task AccessAsync(int flags, CancellationToken cancellationToken)
    {
        var call = new Call { Access = new Access { Flags = flags } };
        await connection.CallAsync(_target, call, "shmget", cancellationToken).ConfigureAwait(false);
    }
}
