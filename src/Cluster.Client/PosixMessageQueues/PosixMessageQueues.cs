using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class PosixMessageQueues(
    IpcConnection connection, DescriptorTable table, UnixFileMode umask, long? rlimit, TimeProvider time)
    : NamedObjectSet<IPosixMessageQueue>(connection, table, Kind.Mqueue, "mq", umask, time), IPosixMessageQueues
{
    private readonly TimeProvider _time = time;

    public Task<IPosixMessageQueue> OpenAsync(
        string name,
        OpenFlags flags = OpenFlags.ReadWrite,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        PosixQueueSize? size = null,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default) =>
        OpenAsync(
            name, flags, mode, durability,
            get =>
            {
                if (size is { } wanted)
                    get.Mqueue = new MqueueSize { Maxmsg = wanted.MaxMessages, Msgsize = wanted.MessageBytes };
                if (rlimit is { } bytes)
                    get.RlimitMsgqueue = bytes;
            },
            cancellationToken);

    protected override IPosixMessageQueue Handle(OpenDescription description, int descriptor) =>
        new PosixMessageQueue(description, descriptor, _time);
}
