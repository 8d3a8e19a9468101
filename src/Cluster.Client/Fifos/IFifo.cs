using System.IO.Pipelines;

namespace Cluster.Client;

/// <summary>One end of a FIFO, or both: pipe(7).</summary>
/// <example>
/// <code>
/// await using var orders = await ipc.Fifos.OpenAsync("/run/orders", OpenFlags.ReadOnly); // waits for a writer
/// using var lines = new StreamReader(orders.AsStream());
/// while (await lines.ReadLineAsync() is { } line)
///     await WorkAsync(line);
/// </code>
/// </example>
public interface IFifo : IIpcDescriptor
{
    /// <summary>
    /// read(2): waits for the first byte, and takes what is there. EAGAIN: nothing is there, and the description does not
    /// block; EBADF: it is not open for reading.
    /// </summary>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="timeout">How long to wait; null: for ever. ETIMEDOUT.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>The number of bytes. 0: the end, since nobody has the FIFO open for writing.</returns>
    ValueTask<int> ReadAsync(
        Memory<byte> buffer, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// write(2): up to 4,096 bytes (PIPE_BUF) enter at once or wait; more enter as room appears. EPIPE: nobody has the FIFO
    /// open for reading; EAGAIN: it is full, and the description does not block; EBADF: it is not open for writing.
    /// </summary>
    /// <param name="data">At most 16 MiB. Copied.</param>
    /// <param name="timeout">How long to wait; null: for ever. ETIMEDOUT, if nothing has entered.</param>
    /// <param name="cancellationToken">Interrupts the call, if nothing has entered.</param>
    /// <returns>The number of bytes that have entered: fewer than were given if the time was over, the call was
    /// interrupted, or the description does not block.</returns>
    ValueTask<int> WriteAsync(
        ReadOnlyMemory<byte> data, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// F_SETPIPE_SZ of fcntl(2): rounded up to a power of two, at least 4,096. EBUSY: more is in use; EPERM: more than
    /// 1,048,576 (pipe-max-size).
    /// </summary>
    /// <returns>The capacity, in bytes.</returns>
    Task<long> SetCapacityAsync(long bytes, CancellationToken cancellationToken = default);

    /// <summary>F_GETPIPE_SZ, FIONREAD, and how many have the FIFO open.</summary>
    Task<FifoState> GetStateAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// F_SETFL of fcntl(2). EINVAL: other flags than <see cref="OpenFlags.NonBlocking"/> and <see cref="OpenFlags.Direct"/>.
    /// </summary>
    Task SetStatusFlagsAsync(OpenFlags flags, CancellationToken cancellationToken = default);

    /// <summary>One more descriptor for the description: dup(2).</summary>
    IFifo Duplicate();

    /// <summary>The FIFO as a stream, which closes this descriptor when it is disposed of.</summary>
    Stream AsStream();

    /// <summary>The FIFO as a PipeReader of System.IO.Pipelines, which closes this descriptor when it is completed.</summary>
    PipeReader AsReader() => PipeReader.Create(AsStream());

    /// <summary>The FIFO as a PipeWriter of System.IO.Pipelines, which closes this descriptor when it is completed.</summary>
    PipeWriter AsWriter() => PipeWriter.Create(AsStream());
}

/// <summary>What a FIFO is like at one moment.</summary>
/// <param name="Capacity">Bytes: F_GETPIPE_SZ.</param>
/// <param name="Bytes">Bytes that can be read: FIONREAD.</param>
/// <param name="Readers">Descriptions that are open for reading, and calls that open one.</param>
/// <param name="Writers">Descriptions that are open for writing, and calls that open one.</param>
public readonly record struct FifoState(long Capacity, long Bytes, long Readers, long Writers);
