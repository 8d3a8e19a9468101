using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class PosixSemaphores(
    IpcConnection connection, DescriptorTable table, UnixFileMode umask, TimeProvider time)
    : NamedObjectSet<IPosixSemaphore>(connection, table, Kind.PosixSemaphore, "sem", umask, time), IPosixSemaphores
{
    private const OpenFlags Making = OpenFlags.Create | OpenFlags.Exclusive;

    private readonly TimeProvider _time = time;

    public Task<IPosixSemaphore> OpenAsync(
        string name,
        OpenFlags flags = OpenFlags.ReadOnly,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        long value = 0,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default) =>
        // The C library opens the file of a semaphore for reading and writing, whatever the flags.
        OpenAsync(
            name, (flags & Making) | OpenFlags.ReadWrite, mode, durability, get => get.Size = value, cancellationToken);

    protected override IPosixSemaphore Handle(OpenDescription description, int descriptor) =>
        new PosixSemaphore(description, descriptor, _time);
}
