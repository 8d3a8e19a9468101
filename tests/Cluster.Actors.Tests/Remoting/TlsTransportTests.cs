using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Cluster.Actors.Remoting;

namespace Cluster.Actors.Tests.Remoting;

/// <summary>Akka's remoting over TLS.</summary>
public sealed class TlsTransportTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly X509Certificate2 _right = Make();
    private readonly X509Certificate2 _wrong = Make();
    private readonly List<ActorSystem> _systems = [];
    private readonly List<string> _refused = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Task.WhenAll(_systems.Select(system => system.Terminate()));
        _right.Dispose();
        _wrong.Dispose();
    }

    [Fact]
    public async Task Messages_of_all_sizes_arrive_in_order()
    {
        var (one, two) = (Start(_right), Start(_right));
        var echo = two.ActorOf(Props.Create<Echo>(), "echo");
        var there = await At(one, two, echo).ResolveOne(Patience);
        var random = new Random(1);
        var sent = Enumerable.Range(0, 200).Select(i => new byte[i % 50 == 49 ? 900_000 : random.Next(3_000)]).ToArray();
        foreach (var bytes in sent) random.NextBytes(bytes);
        var answers = sent.Select(bytes => there.Ask<byte[]>(bytes, Patience)).ToArray();
        Assert.Equal(sent, await Task.WhenAll(answers));
        var order = await one.ActorOf(Props.Create(() => new Counter(there, 2_000))).Ask<bool>("go", Patience);
        Assert.True(order);
    }

    [Fact]
    public async Task A_node_with_another_certificate_is_refused_at_both_ends_and_harms_nobody()
    {
        var (one, two, stranger) = (Start(_right), Start(_right), Start(_wrong));
        var echo = two.ActorOf(Props.Create<Echo>(), "echo");
        await Assert.ThrowsAsync<ActorNotFoundException>(
            () => At(stranger, two, echo).ResolveOne(TimeSpan.FromSeconds(5)));
        // A certificate that this node does not take, where another node should be.
        var false2 = stranger.ActorOf(Props.Create<Echo>(), "echo");
        await Assert.ThrowsAsync<ActorNotFoundException>(
            () => At(one, stranger, false2).ResolveOne(TimeSpan.FromSeconds(5)));
        Assert.NotEmpty(_refused);
        var there = await At(one, two, echo).ResolveOne(Patience);
        Assert.Equal([7], await there.Ask<byte[]>(new byte[] { 7 }, Patience));
        Assert.All(_systems, system => Assert.False(system.WhenTerminated.IsCompleted));
    }

    [Fact]
    public async Task Bytes_that_are_no_TLS_and_connections_that_say_nothing_keep_nobody_out()
    {
        var (one, two) = (Start(_right), Start(_right));
        var echo = two.ActorOf(Props.Create<Echo>(), "echo");
        var strangers = new List<Socket>();
        try
        {
            for (var i = 0; i < TlsTransport.MostHandshakes + 20; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                strangers.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, AddressOf(two).Port!.Value);
                if (i % 2 == 0) await socket.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
            }

            var there = await At(one, two, echo).ResolveOne(Patience);
            Assert.Equal([7], await there.Ask<byte[]>(new byte[] { 7 }, Patience));
        }
        finally
        {
            foreach (var socket in strangers) socket.Dispose();
        }
    }

    [Fact]
    public async Task A_connection_that_ends_within_the_handshake_harms_nobody()
    {
        // The node at the other end dies. Akka's own transport would end this one.
        var one = Start(_right);
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var path = $"akka.tls://test@127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}/user/echo";
        var resolving = one.ActorSelection(path).ResolveOne(TimeSpan.FromSeconds(5));
        (await listener.AcceptAsync().WaitAsync(Patience)).Dispose();
        await Assert.ThrowsAsync<ActorNotFoundException>(() => resolving);
        var two = Start(_right);
        var there = await At(one, two, two.ActorOf(Props.Create<Echo>(), "echo")).ResolveOne(Patience);
        Assert.Equal([7], await there.Ask<byte[]>(new byte[] { 7 }, Patience));
    }

    [Fact]
    public async Task A_node_that_comes_back_to_its_address_is_heard()
    {
        var one = Start(_right);
        var two = Start(_right);
        var port = AddressOf(two).Port!.Value;
        var there = await At(one, two, two.ActorOf(Props.Create<Echo>(), "echo")).ResolveOne(Patience);
        Assert.Equal([1], await there.Ask<byte[]>(new byte[] { 1 }, Patience));
        await two.Terminate();
        var again = Start(_right, port);
        again.ActorOf(Props.Create<Echo>(), "echo");
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                var back = await one.ActorSelection($"akka.tls://test@127.0.0.1:{port}/user/echo")
                    .ResolveOne(TimeSpan.FromSeconds(1), patience.Token);
                Assert.Equal([2], await back.Ask<byte[]>(new byte[] { 2 }, Patience));
                return;
            }
            catch (ActorNotFoundException)
            {
                // The gate is closed for a time.
            }
        }
    }

    private static ActorSelection At(ActorSystem from, ActorSystem to, IActorRef actor) =>
        from.ActorSelection(new RootActorPath(AddressOf(to)) / actor.Path.Elements);

    private static Address AddressOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    private ActorSystem Start(X509Certificate2 own, int port = 0)
    {
        var context = SslStreamCertificateContext.Create(own, null, offline: true);
        bool IsRight(X509Certificate? shown) => shown?.GetCertHashString() == own.GetCertHashString();
        var tls = new TlsTransportSetup(
            () => new SslServerAuthenticationOptions
            {
                ServerCertificateContext = context, ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, shown, _, _) => IsRight(shown),
            },
            () => new SslClientAuthenticationOptions
            {
                ClientCertificateContext = context,
                RemoteCertificateValidationCallback = (_, shown, _, _) => IsRight(shown),
            },
            (caller, reason) =>
            {
                lock (_refused) _refused.Add($"{caller}: {reason}");
            });
        var config = ConfigurationFactory.ParseString($$"""
            akka {
              loglevel = OFF
              stdout-loglevel = OFF
              actor.provider = remote
              remote {
                enabled-transports = ["akka.remote.tls"]
                retry-gate-closed-for = 100ms
                tls {
                  transport-class = "Cluster.Actors.Remoting.TlsTransport, Cluster.Actors"
                  applied-adapters = []
                  hostname = "127.0.0.1"
                  port = {{port}}
                  maximum-frame-size = 2 MiB
                }
              }
            }
            """);
        var system = ActorSystem.Create("test", ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config), tls));
        _systems.Add(system);
        return system;
    }

    private static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        var now = DateTimeOffset.UtcNow;
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(message => Sender.Tell(message));
    }

    // Sends numbers, and answers whether they come back in their order.
    private sealed class Counter : ReceiveActor
    {
        private IActorRef? _asker;
        private int _next;

        public Counter(IActorRef echo, int count)
        {
            Receive<string>(_ =>
            {
                _asker = Sender;
                for (var i = 0; i < count; i++) echo.Tell(BitConverter.GetBytes(i));
            });
            Receive<byte[]>(bytes =>
            {
                if (BitConverter.ToInt32(bytes) != _next++) _asker!.Tell(false);
                else if (_next == count) _asker!.Tell(true);
            });
        }
    }
}
