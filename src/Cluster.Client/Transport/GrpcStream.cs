using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Client;

/// <summary>One Gateway.Connect call. Disposal resets the HTTP/2 stream.</summary>
internal sealed class GrpcStream(AsyncDuplexStreamingCall<ClientFrame, ServerFrame> call) : IIpcStream
{
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
}
