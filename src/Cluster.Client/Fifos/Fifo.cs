using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client;

/// <summary>One descriptor of a FIFO.</summary>
internal sealed class Fifo(OpenDescription description, int descriptor)
    : DescriptorHandle(description, descriptor, "close"), IFifo
{
    private const string Read = "read";
    private const string Write = "write";

    public async ValueTask<int> ReadAsync(
        Memory<byte> buffer, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var call = new FifoCall { Read = new FifoRead { Description = Open.Number, Size = buffer.Length } };
        var result = await CallAsync(call, Read, timeout, cancellationToken).ConfigureAwait(false);
        result.FifoBytes.Data.Span.CopyTo(buffer.Span);
        return result.FifoBytes.Data.Length;
    }

    public async ValueTask<int> WriteAsync(
        ReadOnlyMemory<byte> data, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var write = new FifoWrite { Description = Open.Number, Data = ByteString.CopyFrom(data.Span) };
        try
        {
            var result = await CallAsync(new FifoCall { Write = write }, Write, timeout, cancellationToken)
                .ConfigureAwait(false);
            return (int)result.FifoWritten.Bytes;
        }
        catch (IpcException exception) when (exception.Errno == Errno.EPIPE)
        {
            await RaiseSigpipeAsync(Write).ConfigureAwait(false);
            throw;
        }
    }

    public async Task<long> SetCapacityAsync(long bytes, CancellationToken cancellationToken = default)
    {
        var call = new FifoCall { Resize = new FifoResize { Description = Open.Number, Bytes = bytes } };
        var result = await CallAsync(call, "fcntl", null, cancellationToken).ConfigureAwait(false);
        return result.FifoStatus.Capacity;
    }

    public async Task<FifoState> GetStateAsync(CancellationToken cancellationToken = default)
    {
        var call = new FifoCall { Stat = new FifoStat { Description = Open.Number } };
        var status = (await CallAsync(call, "ioctl", null, cancellationToken).ConfigureAwait(false)).FifoStatus;
        return new FifoState(status.Capacity, status.Bytes, status.Readers, status.Writers);
    }

    public Task SetStatusFlagsAsync(OpenFlags flags, CancellationToken cancellationToken = default) =>
        SetFlagsAsync((int)flags, cancellationToken);

    public IFifo Duplicate() => new Fifo(Open, TakeDuplicate());

    public Stream AsStream() => new FifoStream(this);

    private ValueTask<Result> CallAsync(
        FifoCall call, string name, TimeSpan? timeout, CancellationToken cancellationToken) => StreamAsync(
        new Call { Fifo = call }, name, call.OpCase == FifoCall.OpOneofCase.Write, timeout, cancellationToken);
}
