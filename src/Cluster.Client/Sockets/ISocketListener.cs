namespace Cluster.Client;

/// <summary>A socket that listens: listen(2).</summary>
/// <example>
/// <code>
/// await using var orders = await ipc.Sockets.ListenAsync("/run/orders");
/// while (true)
/// {
///     var caller = await orders.AcceptAsync(cancellationToken: stop);
///     _ = ServeAsync(caller);
/// }
/// </code>
/// </example>
public interface ISocketListener : IIpcDescriptor
{
    /// <summary>
    /// accept(2): takes the first connection of the backlog, and waits for one. EAGAIN: there is none, and the description
    /// does not block; EINVAL: the socket does not listen any more.
    /// </summary>
    /// <param name="timeout">How long to wait; null: for ever. ETIMEDOUT.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<ISocketConnection> AcceptAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>listen(2) once more: sets the backlog.</summary>
    Task SetBacklogAsync(int backlog, CancellationToken cancellationToken = default);

    /// <summary>
    /// shutdown(2) with SHUT_RD: calls of accept(2) fail with EINVAL, and those of connect(2) with ECONNREFUSED.
    /// </summary>
    Task ShutdownAsync(CancellationToken cancellationToken = default);

    /// <summary>What the socket is like now.</summary>
    Task<SocketInfo> GetInfoAsync(CancellationToken cancellationToken = default);
}
