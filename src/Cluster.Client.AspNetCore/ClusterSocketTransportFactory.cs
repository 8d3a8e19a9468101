using System.Net;
using Cluster.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cluster.Client.AspNetCore;

/// <summary>
/// A transport of Kestrel: an address that is a <see cref="ClusterSocketEndPoint"/> is a Unix socket of the cluster. Other
/// addresses are served as before.
/// </summary>
/// <param name="ipc">The process that listens. It has to live as long as the server.</param>
/// <param name="options">Backlog, permissions and durability; null: the usual ones.</param>
/// <param name="logs">Where connections that break are logged; null: nowhere.</param>
/// <remarks>
/// A path is unlinked before it is bound, if nobody listens there: so a service whose process has died can start again. It is
/// unlinked when the server stops.
/// </remarks>
public sealed class ClusterSocketTransportFactory(
    IIpcClient ipc, SocketListenOptions? options = null, ILoggerFactory? logs = null)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly ILogger _log =
        (logs ?? NullLoggerFactory.Instance).CreateLogger(typeof(ClusterSocketTransportFactory).FullName!);

    /// <summary>Whether an address is a <see cref="ClusterSocketEndPoint"/>.</summary>
    public bool CanBind(EndPoint endpoint) => endpoint is ClusterSocketEndPoint;

    /// <summary>bind(2) and listen(2).</summary>
    /// <exception cref="AddressInUseException">EADDRINUSE: somebody listens at the name.</exception>
    /// <exception cref="IpcException">EINVAL: the name is not valid. EPERM: a path is another user's.</exception>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (endpoint is not ClusterSocketEndPoint address)
            throw new NotSupportedException($"{endpoint} is no Unix socket of the cluster");
        try
        {
            var listener = await ListenAsync(address.Name, cancellationToken).ConfigureAwait(false);
            return new ClusterConnectionListener(ipc, listener, address, _log);
        }
        catch (IpcException exception) when (exception.Errno == Errno.EADDRINUSE)
        {
            throw new AddressInUseException(exception.Message, exception);
        }
    }

    private async Task<ISocketListener> ListenAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await ipc.Sockets.ListenAsync(name, options, cancellationToken).ConfigureAwait(false);
        }
        catch (IpcException exception) when (exception.Errno == Errno.EADDRINUSE)
        {
            if (!await IsLeftOverAsync(name, cancellationToken).ConfigureAwait(false)) throw;
            await ipc.Sockets.UnlinkAsync(name, cancellationToken).ConfigureAwait(false);
            return await ipc.Sockets.ListenAsync(name, options, cancellationToken).ConfigureAwait(false);
        }
    }

    // A path outlives its socket. Nobody has a description of it then.
    private async Task<bool> IsLeftOverAsync(string name, CancellationToken cancellationToken)
    {
        await foreach (var socket in ipc.Sockets.ListSocketsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (socket.IsListener && socket.Name == name) return !socket.Ends[0].IsOpen;
        }

        return false;
    }
}
