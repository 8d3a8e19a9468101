using Cluster.Actors.Operations;
using Cluster.Node.Lifecycle;
using Cluster.Node.Observing;
using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>The gRPC service for operators.</summary>
internal sealed class OperationsService(NodeService node, IAdmission policy, AuditLog audit) : Protocol.Operations.OperationsBase
{
    public override Task<MembersReply> Members(MembersRequest request, ServerCallContext context)
    {
        policy.Identify(GrpcFrames.CallerOf(context));
        return AnswerAsync(Operations, operations => operations.MembersAsync(context.CancellationToken));
    }

    public override Task<WhoAmIReply> WhoAmI(WhoAmIRequest request, ServerCallContext context)
    {
        var caller = GrpcFrames.CallerOf(context);
        var identity = policy.Identify(caller);
        var reply = new WhoAmIReply
        {
            Identity = identity.Name, Shown = identity.Shown, MayBeAnybody = identity.IsRoot,
            Credentials = policy.Admit(caller, request.Credentials, null),
        };
        if (identity.Rules?.Namespaces is { } paths) reply.Namespaces.Add(paths);
        if (identity.Rules?.Kinds is { } kinds) reply.Kinds.Add(kinds);
        return Task.FromResult(reply);
    }

    public override Task<OrderReply> Leave(NodeOrder request, ServerCallContext context)
    {
        var caller = GrpcFrames.CallerOf(context);
        request.Credentials = policy.Admit(caller, request.Credentials, null);
        return OrderAsync(caller, "leave", request.Address, operations => operations.Leave(request));
    }

    public override Task<OrderReply> Down(NodeOrder request, ServerCallContext context)
    {
        var caller = GrpcFrames.CallerOf(context);
        request.Credentials = policy.Admit(caller, request.Credentials, null);
        return OrderAsync(caller, "down", request.Address, operations => operations.Down(request));
    }

    public override Task<OrderReply> Rebalance(RebalanceOrder request, ServerCallContext context)
    {
        var caller = GrpcFrames.CallerOf(context);
        request.Credentials = policy.Admit(caller, request.Credentials, null);
        return OrderAsync(caller, "rebalance", null, operations => operations.Rebalance(request));
    }

    public override async Task<OwnerReply> Owner(OwnerRequest request, ServerCallContext context)
    {
        policy.Identify(GrpcFrames.CallerOf(context));
        try
        {
            return await AnswerAsync(
                Operations, operations => operations.OwnerAsync(request, context.CancellationToken));
        }
        catch (TimeoutException)
        {
            return new OwnerReply { Errno = (int)Errno.ETIMEDOUT, Reason = "the object does not answer" };
        }
    }

    private async Task<OrderReply> OrderAsync(
        Caller caller, string order, string? address, Func<ClusterOperations, OrderReply> give)
    {
        var reply = await AnswerAsync(Operations, operations => Task.FromResult(give(operations)));
        audit.Add(
            "ordered", $"{policy.Identify(caller).Name} at {caller}", ("order", order), ("node", address),
            ("errno", reply.Errno));
        return reply;
    }

    /// <summary>
    /// Gets an answer of a node, which may end meanwhile. Without this, gRPC would log its end as a failure of the
    /// service.
    /// </summary>
    /// <exception cref="RpcException">The node ends, or the caller has cancelled.</exception>
    internal static async Task<T> AnswerAsync<T>(ClusterOperations operations, Func<ClusterOperations, Task<T>> answer)
    {
        try
        {
            return await answer(operations);
        }
        catch (Exception exception) when (exception is OperationCanceledException || operations.IsEnding)
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "the node is ending: try another one"));
        }
    }

    private ClusterOperations Operations => node.Operations
        ?? throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "the node is starting: try again"));
}
