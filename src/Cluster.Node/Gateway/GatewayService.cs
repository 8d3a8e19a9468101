using Cluster.Actors.Sessions;
using Cluster.Node.Lifecycle;
using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>The gRPC service for clients.</summary>
internal sealed class GatewayService(NodeService node, IAdmission policy, ClientBounds bounds) : GatewayMethods
{
    public override async Task Connect(
        IAsyncStreamReader<ClientFrame> requestStream,
        IServerStreamWriter<ServerFrame> responseStream,
        ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync([new Metadata.Entry(FrameFormat.GatewayHeader, "1")]);
        var opener = SessionOpener;
        var frames = new GrpcFrames(requestStream, responseStream, context);
        // The farewell has told the product's own client. Other clients get a gRPC status.
        if (await new SessionPump(frames, opener.Open, policy, bounds).RunAsync(context.CancellationToken) is { } refusal)
            throw new RpcException(new Grpc.Core.Status(refusal.Status, refusal.Reason));
    }

    public override Task<NodeStatReply> Stat(NodeStatRequest request, ServerCallContext context) =>
        Task.FromResult(Known(context, node.Stat));

    public override async Task Trace(
        TraceRequest request, IServerStreamWriter<TraceFrame> responseStream, ServerCallContext context)
    {
        policy.Identify(GrpcFrames.CallerOf(context));
        try
        {
            await foreach (var frame in SessionOpener.TraceAsync(request, context.CancellationToken))
                await responseStream.WriteAsync(frame, context.CancellationToken);
        }
        catch (Exception exception) when (SessionPump.IsLoss(exception))
        {
            // The client is gone, or the node is about to be.
        }
    }

    private T Known<T>(ServerCallContext context, Func<T> answer)
    {
        policy.Identify(GrpcFrames.CallerOf(context));
        return answer();
    }

    private SessionOpener SessionOpener => node.SessionOpener ?? throw Unavailable();

    private static RpcException Unavailable() =>
        new(new Grpc.Core.Status(StatusCode.Unavailable, NodeService.NotReady));
}
