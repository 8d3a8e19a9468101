namespace Cluster.Client;

/// <summary>The FIFOs of a namespace: fifo(7). A FIFO has an absolute path; there are no directories to make first.</summary>
/// <example>
/// <code>
/// await ipc.Fifos.CreateAsync("/run/orders");
/// await using var orders = await ipc.Fifos.OpenAsync("/run/orders", OpenFlags.WriteOnly); // waits for a reader
/// await orders.WriteAsync("hello"u8.ToArray());
/// </code>
/// </example>
public interface IFifos : INamedObjects<IFifo>
{
    /// <summary>
    /// mkfifo(3). EEXIST: the path has a FIFO; EINVAL: the path is not absolute, or has the part "." or ".."; ENOENT: it is
    /// empty, or ends with a slash; ENAMETOOLONG: more than 4,095 bytes, or more than 255 in a part.
    /// </summary>
    /// <param name="path">The path. Several slashes in a row are as one.</param>
    /// <param name="mode">Permissions, without those of <see cref="IpcClientOptions.Umask"/>.</param>
    /// <param name="durability">Of the new FIFO.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task CreateAsync(
        string path,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// open(2). With <see cref="OpenFlags.ReadOnly"/> or <see cref="OpenFlags.WriteOnly"/> it waits until somebody has the
    /// other end. With <see cref="OpenFlags.NonBlocking"/> it does not: an open for writing then fails with ENXIO while
    /// nobody has the FIFO open for reading. ENOENT: the path has no FIFO; EINVAL: with <see cref="OpenFlags.Direct"/>;
    /// EACCES: without the permission; EMFILE: the process has 65,536 descriptors.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="flags">The access mode, and <see cref="OpenFlags.NonBlocking"/>.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IFifo> OpenAsync(string path, OpenFlags flags, CancellationToken cancellationToken = default);

    /// <summary>
    /// pipe(2): a FIFO without a name, open at both ends. It is gone when nobody has it open any more. Another process gets
    /// an end by <see cref="IIpcDescriptor.ShareAsync"/>. EMFILE: the process has 65,536 descriptors; EINVAL: other flags.
    /// </summary>
    /// <param name="flags">Of both ends: <see cref="OpenFlags.NonBlocking"/>, <see cref="OpenFlags.Direct"/>.</param>
    /// <param name="durability">Of the new pipe.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <example>
    /// <code>
    /// await using var pipe = await ipc.Fifos.CreatePipeAsync();
    /// var shared = await pipe.Reader.ShareAsync(child);  // as a child process inherits it
    /// await pipe.Reader.CloseAsync();
    /// await pipe.Writer.WriteAsync("hello"u8.ToArray());
    /// </code>
    /// </example>
    Task<PipeEnds> CreatePipeAsync(
        OpenFlags flags = default,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default);
}

/// <summary>The ends of a pipe: pipe(2). Disposal closes those that are open.</summary>
/// <param name="Reader">pipefd[0].</param>
/// <param name="Writer">pipefd[1].</param>
public sealed record PipeEnds(IFifo Reader, IFifo Writer) : IAsyncDisposable
{
    /// <summary>Closes both ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync().ConfigureAwait(false);
        await Reader.DisposeAsync().ConfigureAwait(false);
    }
}
