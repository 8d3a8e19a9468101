using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>A client's gRPC stream.</summary>
internal sealed class GrpcFrames(
    IAsyncStreamReader<ClientFrame> requests, IServerStreamWriter<ServerFrame> responses, ServerCallContext context)
    : IFrames
{
    public Caller Caller { get; } = CallerOf(context);

    /// <summary>The caller of a gRPC call.</summary>
    public static Caller CallerOf(ServerCallContext context)
    {
        var connection = context.GetHttpContext().Connection;
        return new Caller(connection.RemoteIpAddress is { } address
            ? new System.Net.IPEndPoint(address, connection.RemotePort)
            : null);
    }

    public long FrameBytes { get; private set; }

    public void Introduce()
    {
        var features = context.GetHttpContext().Features;
        features.Get<RequestPass>()?.End();
        features.Get<ConnectionPass>()?.Introduce();
    }

    public void Abort(string reason) => context.GetHttpContext().Abort();

    public async ValueTask<ClientFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await requests.MoveNext(cancellationToken)) return null;
            FrameBytes = requests.Current.CalculateSize();
            return requests.Current;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.ResourceExhausted)
        {
            throw FrameException.TooLarge();
        }
    }

    public ValueTask WriteAsync(ServerFrame frame, CancellationToken cancellationToken) =>
        new(responses.WriteAsync(frame, cancellationToken));
}
