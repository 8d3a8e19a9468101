using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote.Transport;
using AkkaTransport = Akka.Remote.Transport.Transport;

namespace Cluster.Actors.Remoting;

/// <summary>
/// Akka's remoting over TLS. Akka's own transport can do that too, but it shuts the whole node down when a handshake with
/// another node fails, which the death of that node in the right moment is enough for.
/// </summary>
public sealed class TlsTransport : AkkaTransport
{
    private const int Backlog = 128;

    // Connections of others whose handshake is under way. A further one takes the place of the oldest: whoever reaches the
    // port and says nothing keeps no node out.
    internal const int MostHandshakes = 64;

    private readonly TlsTransportSetup _setup;
    private readonly TimeSpan _patience;
    private readonly Socket _listener;
    private readonly LinkedList<Socket> _handshakes = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TlsAssociation, bool> _associations = [];
    private readonly IPEndPoint _bind;
    private Address? _self;

    /// <summary>Called by Akka, which finds the class by the name in the configuration.</summary>
    /// <param name="system">The actor system. Its setup has a <see cref="TlsTransportSetup"/>.</param>
    /// <param name="config">hostname and port: where to listen; public-hostname and public-port: what others call it.</param>
    public TlsTransport(ActorSystem system, Config config)
    {
        (System, Config) = (system, config);
        SchemeIdentifier = "tls";
        MaximumPayloadBytes = config.GetByteSize("maximum-frame-size") ?? TlsAssociation.DefaultFrameBytes;
        _setup = system.Settings.Setup.Get<TlsTransportSetup>().Value;
        _patience = config.GetTimeSpan("connection-timeout", TimeSpan.FromSeconds(3));
        var host = config.GetString("hostname");
        _bind = new IPEndPoint(AddressOf(host), config.GetInt("port"));
        _listener = new Socket(_bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
    }

    /// <summary>The node listens, and tells the listener of each connection of another node.</summary>
    public override Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        _listener.Bind(_bind);
        _listener.Listen(Backlog);
        var port = Config.GetInt("public-port");
        if (port == 0) port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        var host = Config.GetString("public-hostname") is { Length: > 0 } name ? name : Config.GetString("hostname");
        _self = new Address(SchemeIdentifier, System.Name, host, port);
        var listener = new TaskCompletionSource<IAssociationEventListener>();
        _ = AcceptAsync(listener.Task);
        return Task.FromResult((_self, listener));
    }

    /// <summary>Every address is this transport's: there is no other.</summary>
    public override bool IsResponsibleFor(Address remote) => true;

    /// <summary>Connects to another node.</summary>
    /// <exception cref="InvalidAssociationException">It cannot be reached, or shows no certificate of a node.</exception>
    public override async Task<AssociationHandle> Associate(Address remoteAddress)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        patience.CancelAfter(_patience);
        try
        {
            await socket.ConnectAsync(remoteAddress.Host!, remoteAddress.Port!.Value, patience.Token).ConfigureAwait(false);
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsClientAsync(_setup.Connects(), patience.Token).ConfigureAwait(false);
            return Begin(tls, socket, remoteAddress);
        }
        catch (Exception exception) when (IsLoss(exception))
        {
            socket.Dispose();
            throw new InvalidAssociationException(
                $"No response from remote {remoteAddress}: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }

    /// <summary>Closes all connections.</summary>
    public override async Task<bool> Shutdown()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        // What was written leaves first: the last gossip says that this node goes.
        await Task.WhenAll(_associations.Keys.Select(each => each.CloseAsync())).ConfigureAwait(false);
        return true;
    }

    internal static bool IsLoss(Exception exception) =>
        exception is SocketException or IOException or OperationCanceledException or AuthenticationException
            or ObjectDisposedException or InvalidOperationException;

    private async Task AcceptAsync(Task<IAssociationEventListener> listening)
    {
        var listener = await listening.ConfigureAwait(false);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                _ = GreetAsync(socket, Enter(socket), listener);
            }
            catch (Exception exception) when (IsLoss(exception))
            {
                // The caller has hung up, there is no descriptor at the moment, or the node ends.
                if (!_stop.IsCancellationRequested) await Task.Delay(10).ConfigureAwait(false);
            }
        }
    }

    private LinkedListNode<Socket> Enter(Socket socket)
    {
        lock (_handshakes)
        {
            if (_handshakes.Count >= MostHandshakes)
            {
                _handshakes.First!.Value.Dispose();
                _handshakes.RemoveFirst();
            }

            return _handshakes.AddLast(socket);
        }
    }

    private async Task GreetAsync(Socket socket, LinkedListNode<Socket> place, IAssociationEventListener listener)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        patience.CancelAfter(_patience);
        var caller = $"{socket.RemoteEndPoint}";
        try
        {
            socket.NoDelay = true;
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsServerAsync(_setup.Accepts(), patience.Token).ConfigureAwait(false);
            Leave(place);
            var from = (IPEndPoint)socket.RemoteEndPoint!;
            var address = new Address(SchemeIdentifier, System.Name, from.Address.ToString(), from.Port);
            listener.Notify(new InboundAssociation(Begin(tls, socket, address)));
        }
        catch (Exception exception) when (IsLoss(exception))
        {
            socket.Dispose();
            if (!_stop.IsCancellationRequested) _setup.Refused(caller, exception.Message.ReplaceLineEndings(" "));
        }
        finally
        {
            Leave(place);
        }
    }

    private void Leave(LinkedListNode<Socket> place)
    {
        lock (_handshakes)
        {
            if (place.List is not null) _handshakes.Remove(place);
        }
    }

    private TlsAssociation Begin(SslStream tls, Socket socket, Address remote)
    {
        var association = new TlsAssociation(_self!, remote, tls, socket, MaximumPayloadBytes);
        _associations[association] = true;
        _ = RunAsync(association);
        return association;
    }

    private async Task RunAsync(TlsAssociation association)
    {
        await association.RunAsync().ConfigureAwait(false);
        _associations.TryRemove(association, out _);
    }

    private static IPAddress AddressOf(string host) =>
        IPAddress.TryParse(host, out var address) ? address : Dns.GetHostAddresses(host)[0];
}
