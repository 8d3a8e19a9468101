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
        if (context.Request.ContentType?.StartsWith(GRpc, StringComparison.Ordinal) is not true)
        {
            await next(context);
            return;
        }

        var bounds = context.RequestServices.GetRequiredService<ClientBounds>();
        using var reader = new FrameReader(context.Request.BodyReader, bounds.LargeFrames, bounds.Time);
        context.Features.Set<IRequestBodyPipeFeature>(new Body(reader));
        try
        {
            await next(context);
        }
        finally
        {
            if (context.RequestAborted.IsCancellationRequested) CountReset(context, bounds);
        }
    });

    private static void CountReset(HttpContext context, ClientBounds bounds)
    {
        if (context.Features.Get<ConnectionPass>()?.AddReset(bounds.Time) is not false) return;
        bounds.Stats.AddBound(Bound.Resets);
        context.Features.Get<ConnectionPass>()!.Connection.Abort(
            new ConnectionAbortedException("the client resets too many requests"));
    }

    private sealed class Body(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }
}
