using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Cluster.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace Cluster.Client;

/// <summary>Frames over gRPC: one HTTP/2 connection to each node, and on it one bidirectional stream.</summary>
internal sealed class GrpcTransport(IpcClientOptions options) : IpcTransport
{
    private readonly ConcurrentDictionary<string, Lazy<GrpcChannel>> _channels = new();
    private int _turn = -1;

    internal override async Task<IIpcStream> OpenAsync(string? node, CancellationToken cancellationToken)
    {
        node = Resolve(node);
        var address = GatewayAddress.Resolve(node);
        GatewayAddress.CheckToken(address, options.Token);
        if (await ConnectAsync(address, cancellationToken).ConfigureAwait(false) is { } stream) return stream;
        var client = new Gateway.GatewayClient(ChannelTo(node));
        return new GrpcStream(client.Connect(GatewayChannel.Headers(options)));
    }

    internal override async Task<NodeStatReply> StatAsync(string? node, CancellationToken cancellationToken)
    {
        var address = options.HasUnixSocket ? options.Addresses[0] : node ?? options.Addresses[0];
        try
        {
            var client = new Gateway.GatewayClient(ChannelTo(address));
            return await client.StatAsync(
                new NodeStatRequest(),
                GatewayChannel.Headers(options),
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
        using var call = client.Trace(request, GatewayChannel.Headers(options), cancellationToken: cancellationToken);
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

    // Null: only gRPC works, because of a proxy before the node that speaks HTTP only.
    private async Task<FrameStream?> ConnectAsync(Uri node, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(GatewayChannel.TcpTimeout, options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await FrameStream.ConnectAsync(node, options.Tls, options.TimeProvider, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{node} does not answer as a gateway");
        }
    }

    private string Resolve(string? node)
    {
        if (options.HasUnixSocket) node = null;
        var addresses = options.Addresses;
        return node ?? addresses[(int)((uint)Interlocked.Increment(ref _turn) % addresses.Count)];
    }

    private GrpcChannel ChannelTo(string? node) => _channels.GetOrAdd(
        Resolve(node), address => new Lazy<GrpcChannel>(() => GatewayChannel.Create(address, options))).Value;
}
