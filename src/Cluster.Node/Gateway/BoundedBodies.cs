using System.IO.Pipelines;
using Cluster.Actors;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Cluster.Node.Gateway;

/// <summary>
/// Bounds what requests of gRPC have in the node before their messages are complete, and how many a client may reset.
/// </summary>
internal static class BoundedBodies
{
    private const string GRpc = "application/grpc";

    /// <summary>Reads the body of each gRPC request through a <see cref="FrameReader"/>.</summary>
    public static void Use(IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        using var request = context.Features.Get<ConnectionPass>()?.BeginRequest();
        context.Features.Set(request);
        if (context.Request.ContentType?.StartsWith(GRpc, StringComparison.Ordinal) is not true)
        {
            await next(context);
            return;
        }

        var bounds = context.RequestServices.GetRequiredService<ClientBounds>();
        using var reader = new FrameReader(context.Request.BodyReader, bounds.LargeFrames, bounds.Time);
        context.Features.Set<IRequestBodyPipeFeature>(new Body(reader));
        // Counted when the client resets it, and not when the node has found out: that may be much later.
        await using var reset = context.RequestAborted.UnsafeRegister(
            static (pass, _) => CountReset(((ConnectionPass, ClientBounds))pass!),
            (context.Features.Get<ConnectionPass>(), bounds));
        if (!context.RequestAborted.IsCancellationRequested) await next(context);
    });

    private static void CountReset((ConnectionPass? Pass, ClientBounds Bounds) of)
    {
        if (of.Pass?.AddReset(of.Bounds.Time) is not false) return;
        of.Bounds.Stats.AddBound(Bound.Resets);
        of.Pass.Condemn(of.Bounds.Time);
        of.Pass.Connection.Abort(new ConnectionAbortedException("the client resets too many requests"));
    }

    private sealed class Body(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }
}
