namespace Cluster.Client;

/// <summary>HTTP over Unix sockets of the cluster.</summary>
/// <example>
/// <code>
/// using var handler = new SocketsHttpHandler { ConnectCallback = ipc.Sockets.ConnectCallback("/run/orders") };
/// using var http = new HttpClient(handler) { BaseAddress = new Uri("http://orders") };
/// Console.WriteLine(await http.GetStringAsync("/"));
/// </code>
/// </example>
public static class SocketHttp
{
    /// <summary>
    /// For <see cref="SocketsHttpHandler.ConnectCallback"/>: every connection of the handler goes to one socket that listens,
    /// whatever the address of the request is. An <see cref="HttpRequestException"/> has the <see cref="IpcException"/> inside.
    /// </summary>
    /// <param name="sockets">The sockets of the calling process.</param>
    /// <param name="name">The path, or @ and the abstract name, at which a service listens.</param>
    /// <param name="options">The durability of the connections; null: durable streams.</param>
    public static Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> ConnectCallback(
        this ISockets sockets, string name, SocketOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sockets);
        ArgumentNullException.ThrowIfNull(name);
        return async (_, cancellationToken) =>
        {
            var socket = await sockets.ConnectAsync(name, options, null, cancellationToken).ConfigureAwait(false);
            return socket.AsStream();
        };
    }
}
