using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>One descriptor of a socket that listens.</summary>
internal sealed class SocketListener(OpenDescription description, int descriptor)
    : DescriptorHandle(description, descriptor, "close"), ISocketListener
{
    public async Task<ISocketConnection> AcceptAsync(
        TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed("accept");
        var accepted = Open.Table.Take("accept");
        try
        {
            var accept = new SocketCall { Accept = new SocketAccept { Description = Open.Number } };
            var call = Open.Begin(new Call { Socket = accept }, "accept", timeout, Errno.None, cancellationToken);
            var grant = await new ValueTask<Grant>(call, call.Version).ConfigureAwait(false);
            var result = grant.Result!.SocketAccepted;
            var target = new Target { Kind = Kind.Socket, Id = result.Connection };
            return new SocketConnection(
                new OpenDescription(Open.Connection, Open.Table, target, result.Description, Open.Name, grant.Pid), accepted);
        }
        catch
        {
            Open.Table.Return(accepted);
            throw;
        }
    }

    public async Task SetBacklogAsync(int backlog, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed("listen");
        var listen = new SocketCall { Listen = new SocketListen { Description = Open.Number, Backlog = backlog } };
        await Open.CallAsync(new Call { Socket = listen }, "listen", cancellationToken).ConfigureAwait(false);
    }

    public async Task ShutdownAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed("shutdown");
        var shutdown = new SocketCall
        {
            Shutdown = new SocketShutdown { Description = Open.Number, How = SocketFlags.SHUT_RD },
        };
        await Open.CallAsync(new Call { Socket = shutdown }, "shutdown", cancellationToken).ConfigureAwait(false);
    }

    public async Task<SocketInfo> GetInfoAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed("getsockopt");
        var stat = new SocketCall { Stat = new SocketStat { Description = Open.Number } };
        var result = await Open.CallAsync(new Call { Socket = stat }, "getsockopt", cancellationToken)
            .ConfigureAwait(false);
        return SocketInfo.From((int)Open.Target.Id, result.SocketStatus);
    }
}
