using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>A client's gRPC stream.</summary>
internal sealed class GrpcFrames(
    IAsyncStreamReader<ClientFrame> requests, IServerStreamWriter<ServerFrame> responses, ServerCallContext context)
    : IFrames
{
    private const string Bearer = "Bearer "; // RFC 6750

    public Caller Caller { get; } = CallerOf(context);

    /// <summary>The caller of a gRPC call.</summary>
    public static Caller CallerOf(ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var connection = http.Connection;
        var address = connection.RemoteIpAddress is { } ip ? new System.Net.IPEndPoint(ip, connection.RemotePort) : null;
        var caller = Caller.Of(http.Features, address);
        var authorization = http.Request.Headers.Authorization.ToString();
        return authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? caller with { Token = authorization[Bearer.Length..].Trim() }
            : caller;
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
