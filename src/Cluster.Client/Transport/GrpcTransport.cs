using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Cluster.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace Cluster.Client;

/// <summary>Frames over gRPC: one HTTP/2 connection to each node, and on it one bidirectional stream.</summary>
internal sealed class GrpcTransport(IpcClientOptions options) : IpcTransport
{
    // Without TLS the client speaks HTTP/2 at once (h2c with prior knowledge).
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan TcpTimeout = TimeSpan.FromSeconds(2);
    private const int StreamWindowBytes = 1024 * 1024;

    private readonly ConcurrentDictionary<string, Lazy<GrpcChannel>> _channels = new();
    private int _turn = -1;

    internal override async Task<IIpcStream> OpenAsync(string? node, CancellationToken cancellationToken)
    {
        node = Resolve(node);
        if (await ConnectAsync(new Uri(node), cancellationToken).ConfigureAwait(false) is { } stream) return stream;
        var client = new Gateway.GatewayClient(ChannelTo(node));
        return new GrpcStream(client.Connect(new CallOptions()));
    }

    internal override async Task<NodeStatReply> StatAsync(string? node, CancellationToken cancellationToken)
    {
        var address = node ?? options.Addresses[0];
        try
        {
            var client = new Gateway.GatewayClient(ChannelTo(address));
            return await client.StatAsync(
                new NodeStatRequest(),
                deadline: options.TimeProvider.GetUtcNow().UtcDateTime + options.ConnectTimeout,
                cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Cancelled)
        {
            throw new OperationCanceledException("stat: interrupted", exception, cancellationToken);
        }
        catch (RpcException exception)
        {
            // The library has no text for a deadline.
            var reason = exception.StatusCode == StatusCode.DeadlineExceeded
                ? $"nothing came within {options.ConnectTimeout.TotalSeconds:0.###} s"
                : exception.Status.Detail;
            throw new IpcConnectException(Errno.ETIMEDOUT, $"{address} does not answer: {reason}", exception);
        }
    }

    internal override async IAsyncEnumerable<TraceFrame> TraceAsync(
        string? node, TraceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var client = new Gateway.GatewayClient(ChannelTo(node));
        using var call = client.Trace(request, cancellationToken: cancellationToken);
        while (await ReadAsync(call.ResponseStream, cancellationToken).ConfigureAwait(false) is { } frame)
            yield return frame;
    }

    public override ValueTask DisposeAsync()
    {
        foreach (var channel in _channels.Values)
            channel.Value.Dispose();
        _channels.Clear();
        return ValueTask.CompletedTask;
    }

    private static async Task<TraceFrame?> ReadAsync(
        IAsyncStreamReader<TraceFrame> stream, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.MoveNext(cancellationToken).ConfigureAwait(false) ? stream.Current : null;
        }
        catch (RpcException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("trace: interrupted", exception, cancellationToken);
        }
        catch (RpcException exception)
        {
            throw new IOException(exception.Status.Detail, exception);
        }
    }

    // Null: only gRPC works, because of TLS, or of a proxy before the node that speaks HTTP only.
    private async Task<FrameStream?> ConnectAsync(Uri node, CancellationToken cancellationToken)
    {
        if (node.Scheme != Uri.UriSchemeHttp) return null;
        using var timeout = new CancellationTokenSource(TcpTimeout, options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await FrameStream.ConnectAsync(node, options.TimeProvider, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{node.Authority} does not answer as a gateway");
        }
    }

    private string Resolve(string? node)
    {
        var addresses = options.Addresses;
        node ??= addresses[(int)((uint)Interlocked.Increment(ref _turn) % addresses.Count)];
        return node.Contains("://", StringComparison.Ordinal) ? node : "http://" + node;
    }

    private GrpcChannel ChannelTo(string? node) =>
        _channels.GetOrAdd(Resolve(node), static address => new Lazy<GrpcChannel>(() => Create(address))).Value;

    private static GrpcChannel Create(string address)
    {
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
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = Bounds.FrameBytes,
            MaxSendMessageSize = null,
        });
    }
}
