using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Cluster.Node.Gateway;

/// <summary>Bounds what requests of gRPC have in the node before their messages are complete.</summary>
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
        await next(context);
    });

    private sealed class Body(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }
}
