using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A segment as one process has it attached.</summary>
internal sealed class SharedMemoryAttachment(IpcConnection connection, Target segment, ShmAttachment own, int pid)
    : SharedMemoryView(
        connection, new ExtentParts(Kind.Extent, segment.Id), start: 0, (long)own.Size, own.Capability, pid),
        ISharedMemoryAttachment
{
    public int SegmentId => (int)segment.Id;

    public bool IsReadOnly => own.ReadOnly;

    public Task DetachAsync(CancellationToken cancellationToken = default) => EndAsync(cancellationToken);

    protected override async Task EndAsync(CancellationToken cancellationToken)
    {
        Leave("shmdt");
        var call = new Call { Shmdt = new ShmDt { Attachment = own.Id } };
        await CallAsync(segment, call, "shmdt", cancellationToken).ConfigureAwait(false);
    }
}
