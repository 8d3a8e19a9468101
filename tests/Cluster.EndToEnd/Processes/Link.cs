using System.Net;
using System.Net.Sockets;

namespace Cluster.EndToEnd.Processes;

/// <summary>A link between clients and a node that a test cuts: bytes are lost, and no connection ends or begins.</summary>
internal sealed class Link : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private volatile bool _isCut;

    public Link()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The gateway of the node; null: there is none yet, and the link ends each connection.</summary>
    public Uri? Node { get; set; }

    /// <summary>What a client is given in place of the address of the node.</summary>
    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>From now on everything that is sent is lost.</summary>
    public void Cut() => _isCut = true;

    /// <summary>The link is whole again, for new connections; the earlier ones have lost bytes, so they end.</summary>
    public void Mend() => _isCut = false;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptSocketAsync(_stop.Token);
            _ = JoinAsync(client);
        }
    }

    private async Task JoinAsync(Socket client)
    {
        using var node = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            try
            {
                if (Node is null) return;
                await node.ConnectAsync(Node.Host, Node.Port, _stop.Token);
                await Task.WhenAny(CopyAsync(client, node), CopyAsync(node, client));
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // Both ends are closed.
            }
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[BufferBytes];
        var hasLost = false;
        while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var count)
        {
            if (_isCut) hasLost = true;
            else if (hasLost) return;
            else await to.SendAsync(buffer.AsMemory(0, count), _stop.Token);
        }
    }
}
