using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A mapping of an object, as one process has it.</summary>
internal sealed class PosixSharedMemoryMapping(
    IpcConnection connection, Target owner, ShmAttachment own, long offset, int pid)
    : SharedMemoryView(
        connection, new ExtentParts(Kind.PosixExtent, owner.Id), offset, (long)own.Size, own.Capability, pid),
        IPosixSharedMemoryMapping
{
    public long Offset => Start;

    public bool IsReadOnly => own.ReadOnly;

    public Task UnmapAsync(CancellationToken cancellationToken = default) => EndAsync(cancellationToken);

    protected override async Task EndAsync(CancellationToken cancellationToken)
    {
        Leave("munmap");
        var unmap = new PosixSharedMemoryCall { Unmap = new PosixSharedMemoryUnmap { Mapping = own.Id } };
        await CallAsync(owner, new Call { PosixSharedMemory = unmap }, "munmap", cancellationToken)
            .ConfigureAwait(false);
    }
}
