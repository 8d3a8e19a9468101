using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class PosixSharedMemory(
    IpcConnection connection, DescriptorTable table, UnixFileMode umask, TimeProvider time)
    : NamedObjectSet<IPosixSharedMemoryObject>(connection, table, Kind.PosixSharedMemory, "shm", umask, time),
        IPosixSharedMemory
{
    public async Task<IPosixSharedMemoryObject> OpenAsync(
        string name,
        OpenFlags flags = OpenFlags.ReadWrite,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default)
    {
        var opened = await OpenAsync(name, flags, mode, durability, _ => { }, cancellationToken).ConfigureAwait(false);
        if ((flags & OpenFlags.Truncate) == 0)
            return opened;
        try
        {
            await ((PosixSharedMemoryObject)opened).TruncateOpenedAsync(cancellationToken).ConfigureAwait(false);
            return opened;
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    protected override int OpenFlagsOfObject => base.OpenFlagsOfObject | FileFlags.O_TRUNC;

    protected override IPosixSharedMemoryObject Handle(OpenDescription description, int descriptor) =>
        new PosixSharedMemoryObject(description, descriptor);
}
