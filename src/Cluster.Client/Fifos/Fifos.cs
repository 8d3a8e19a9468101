using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class Fifos(
    IpcConnection connection, DescriptorTable table, UnixFileMode umask, TimeProvider time)
    : NamedObjectSet<IFifo>(connection, table, Kind.Fifo, "", umask, time), IFifos
{
    public Task CreateAsync(
        string path,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default) =>
        MakeAsync(path, mode, durability, "mkfifo", cancellationToken);

    public Task<IFifo> OpenAsync(string path, OpenFlags flags, CancellationToken cancellationToken = default) =>
        OpenAsync(path, flags & ~OpenFlags.Create, default, default, _ => { }, cancellationToken);

    public async Task<PipeEnds> CreatePipeAsync(
        OpenFlags flags = default,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default)
    {
        var (reader, writer) = await OpenPairAsync(flags, durability, "pipe", _ => { }, cancellationToken)
            .ConfigureAwait(false);
        return new PipeEnds(reader, writer);
    }

    protected override string UnnamedWord => "pipe";

    // O_DIRECT too, which the object refuses as Linux does.
    protected override int OpenFlagsOfObject => base.OpenFlagsOfObject | FileFlags.O_DIRECT;

    protected override IFifo Handle(OpenDescription description, int descriptor) => new Fifo(description, descriptor);
}
