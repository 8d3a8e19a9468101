using System.Net.Security;
using System.Net.Sockets;
using Cluster.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace Cluster.Client;

/// <summary>gRPC channels to gateways.</summary>
internal static class GatewayChannel
{
    private const int StreamWindowBytes = 1024 * 1024;

    // Without TLS the client speaks HTTP/2 at once (h2c with prior knowledge).
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(3);

    /// <summary>How long a connection may take until it is there.</summary>
    public static readonly TimeSpan TcpTimeout = TimeSpan.FromSeconds(2);

    /// <summary>A channel to a gateway. It connects when it is used.</summary>
    /// <exception cref="IOException">A file for TLS cannot be used.</exception>
    public static GrpcChannel Create(string gateway, IpcClientOptions options)
    {
        var address = GatewayAddress.Resolve(gateway);
        GatewayAddress.CheckToken(address, options.Token);
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            ConnectTimeout = TcpTimeout,
            InitialHttp2StreamWindowSize = StreamWindowBytes,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            UseProxy = false,
        };
        if (address.Scheme == Uri.UriSchemeHttps)
            handler.SslOptions = TlsTerms.Of(options.Tls, address.IdnHost, SslApplicationProtocol.Http2);
        if (GatewayAddress.IsUnix(address))
        {
            var path = GatewayAddress.PathOf(address);
            handler.ConnectCallback = (_, cancelled) => ConnectAsync(path, cancelled);
            address = new Uri("http://localhost"); // HTTP wants a host
        }

        return GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = Bounds.FrameBytes,
            MaxSendMessageSize = null,
        });
    }

    /// <summary>The headers that say who the client is; null: none are needed.</summary>
    public static Metadata? Headers(IpcClientOptions options) =>
        options.Token.Length > 0 ? [new Metadata.Entry("authorization", $"Bearer {options.Token}")] : null;

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancelled)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancelled).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
