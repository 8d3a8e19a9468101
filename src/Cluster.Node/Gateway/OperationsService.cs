using Cluster.Actors.Operations;
using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>The gRPC service for operators.</summary>
internal sealed class OperationsService(NodeService node, IAdmission policy) : Protocol.Operations.OperationsBase
{
    public override Task<MembersReply> Members(MembersRequest request, ServerCallContext context) =>
        Operations.MembersAsync(context.CancellationToken);

    public override Task<OrderReply> Leave(NodeOrder request, ServerCallContext context)
    {
        request.Credentials = policy.Admit(GrpcFrames.CallerOf(context), request.Credentials);
        return Task.FromResult(Operations.Leave(request));
    }

    public override Task<OrderReply> Down(NodeOrder request, ServerCallContext context)
    {
        request.Credentials = policy.Admit(GrpcFrames.CallerOf(context), request.Credentials);
        return Task.FromResult(Operations.Down(request));
    }

    public override Task<OrderReply> Rebalance(RebalanceOrder request, ServerCallContext context)
    {
        request.Credentials = policy.Admit(GrpcFrames.CallerOf(context), request.Credentials);
        return Task.FromResult(Operations.Rebalance(request));
    }

    public override async Task<OwnerReply> Owner(OwnerRequest request, ServerCallContext context)
    {
        try
        {
            return await Operations.OwnerAsync(request, context.CancellationToken);
        }
        catch (TimeoutException)
        {
            return new OwnerReply { Errno = (int)Errno.ETIMEDOUT, Reason = "the object does not answer" };
        }
    }

    private ClusterOperations Operations => node.Operations
        ?? throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "the node is starting: try again"));
}
