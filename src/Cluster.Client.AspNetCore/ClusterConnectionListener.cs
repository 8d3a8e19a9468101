using System.Net;
using Cluster.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Cluster.Client.AspNetCore;

/// <summary>One address of a server.</summary>
internal sealed partial class ClusterConnectionListener(
    IIpcClient ipc, ISocketListener listener, ClusterSocketEndPoint address, ILogger log) : IConnectionListener
{
    private readonly CancellationTokenSource _unbound = new();

    public EndPoint EndPoint => address;

    // Null: the server accepts no more.
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_unbound.Token, cancellationToken);
        while (true)
        {
            try
            {
                var socket = await listener.AcceptAsync(null, ended.Token).ConfigureAwait(false);
                return new ClusterConnectionContext(socket, address, log);
            }
            catch (OperationCanceledException) when (_unbound.IsCancellationRequested)
            {
                return null;
            }
            catch (IpcException exception) when (exception.Errno is Errno.EBADF or Errno.EINVAL or Errno.EIDRM
                && _unbound.IsCancellationRequested)
            {
                return null;
            }
            catch (IpcException exception) when (exception.Errno is Errno.EMFILE or Errno.ENOBUFS)
            {
                // The connection waits in the backlog.
                AcceptFailed(log, exception, address.Name);
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        if (_unbound.IsCancellationRequested) return;
        await _unbound.CancelAsync().ConfigureAwait(false);
        await listener.DisposeAsync().ConfigureAwait(false);
        if (address.Name.StartsWith('@')) return;
        try
        {
            // The server that is disposed of has no time for anything; the path is unlinked all the same.
            await ipc.Sockets.UnlinkAsync(address.Name, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IpcException exception) when (exception.Errno == Errno.ENOENT)
        {
            // Somebody else has unlinked it.
        }
    }

    public ValueTask DisposeAsync() => UnbindAsync();

    [LoggerMessage(Level = LogLevel.Warning, Message = "accept at {Name} failed; it is tried again")]
    private static partial void AcceptFailed(ILogger log, Exception exception, string name);
}
