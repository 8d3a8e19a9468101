using System.Net.Sockets;

namespace Cluster.Client;

/// <summary>
/// The Unix sockets of a namespace: unix(7). A socket that listens has a name: an absolute path, or @ and an abstract name.
/// There are no directories to make first.
/// </summary>
/// <example>
/// <code>
/// await using var orders = await ipc.Sockets.ListenAsync("/run/orders");
/// await using var caller = await orders.AcceptAsync();
///
/// await using var service = await other.Sockets.ConnectAsync("/run/orders"); // in another process, on another machine
/// await service.SendAsync("hello"u8.ToArray());
/// </code>
/// </example>
public interface ISockets : INamedObjects<ISocketConnection>
{
    /// <summary>
    /// socket(2), bind(2) and listen(2). A path stays when the socket is closed, as on Linux, until it is unlinked; an abstract
    /// name goes with its socket. EADDRINUSE: a socket has the name; EINVAL: the name is not valid, or has more than 107
    /// bytes; EMFILE: the process has 65,536 descriptors.
    /// </summary>
    /// <param name="name">The path, or @ and the abstract name.</param>
    /// <param name="options">The type, the backlog and more; null: a stream.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISocketListener> ListenAsync(
        string name, SocketListenOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// socket(2) and connect(2). It waits while the backlog is full. ENOENT: no socket has the path; ECONNREFUSED: nobody
    /// listens; EACCES: without the permission to write; EPROTOTYPE: the socket has another type; EAGAIN: the backlog is
    /// full, and the time-out is zero.
    /// </summary>
    /// <param name="name">The path, or @ and the abstract name.</param>
    /// <param name="options">The type and more; null: a stream.</param>
    /// <param name="timeout">How long to wait; null: for ever. ETIMEDOUT.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISocketConnection> ConnectAsync(
        string name,
        SocketOptions? options = null,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>socketpair(2): two sockets that are connected. Another process gets one by
    /// <see cref="IIpcDescriptor.ShareAsync"/>.</summary>
    /// <param name="options">The type and more; null: streams.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<SocketPair> CreatePairAsync(SocketOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>A descriptor for a listening socket that another process has shared with this one: its accepts compete.</summary>
    ISocketListener OpenSharedListener(SharedDescription shared);

    /// <summary>All sockets of the namespace, those without a name too, as ss(8) shows them, in no particular order.</summary>
    IAsyncEnumerable<SocketInfo> ListSocketsAsync(CancellationToken cancellationToken = default);
}

/// <summary>What a new socket is.</summary>
public record SocketOptions
{
    /// <summary>
    /// <see cref="SocketType.Stream"/> or <see cref="SocketType.Seqpacket"/>. ESOCKTNOSUPPORT: others.
    /// </summary>
    public SocketType Type { get; init; } = SocketType.Stream;

    /// <summary>What it survives. A volatile connection that is lost with its node fails with ECONNRESET.</summary>
    public Durability Durability { get; init; } = Durability.Durable;

    /// <summary>SOCK_NONBLOCK: EAGAIN rather than blocking.</summary>
    public bool NonBlocking { get; init; }
}

/// <summary>What a new listening socket is.</summary>
public sealed record SocketListenOptions : SocketOptions
{
    /// <summary>Connections that wait for accept(2), and one more. At most 4,096 (somaxconn).</summary>
    public int Backlog { get; init; } = 4_096;

    /// <summary>
    /// Permissions of a path, without those of <see cref="IpcClientOptions.Umask"/>. To connect takes the permission to write.
    /// </summary>
    public UnixFileMode Mode { get; init; } =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
}

/// <summary>Two connected sockets. Disposal closes both.</summary>
/// <param name="First">sv[0].</param>
/// <param name="Second">sv[1].</param>
public sealed record SocketPair(ISocketConnection First, ISocketConnection Second) : IAsyncDisposable
{
    /// <summary>Closes both.</summary>
    public async ValueTask DisposeAsync()
    {
        await First.DisposeAsync().ConfigureAwait(false);
        await Second.DisposeAsync().ConfigureAwait(false);
    }
}
