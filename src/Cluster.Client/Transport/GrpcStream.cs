using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Client;

/// <summary>One Gateway.Connect call. Disposal resets the HTTP/2 stream.</summary>
internal sealed class GrpcStream(AsyncDuplexStreamingCall<ClientFrame, ServerFrame> call) : IIpcStream
{
    public Task<bool> HasGateway { get; } = AskAsync(call);

    public ValueTask WriteAsync(ClientFrame frame, CancellationToken cancellationToken) =>
        new(call.RequestStream.WriteAsync(frame, cancellationToken));

    public async ValueTask<ServerFrame?> ReadAsync(CancellationToken cancellationToken) =>
        await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false)
            ? call.ResponseStream.Current
            : null;

    public ValueTask DisposeAsync()
    {
        call.Dispose();
        return ValueTask.CompletedTask;
    }

    // Any HTTP server may answer with headers. A gateway of a version without this one shows itself with its first
    // frame.
    private static async Task<bool> AskAsync(AsyncDuplexStreamingCall<ClientFrame, ServerFrame> call)
    {
        try
        {
            var headers = await call.ResponseHeadersAsync.ConfigureAwait(false);
            return headers.Get(FrameFormat.GatewayHeader) is not null;
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException)
        {
            return false; // the reader of the stream finds the same error
        }
    }
}
