using System.Text.Json;
using Akka.Actor;
using Cluster.Actors.Operations;
using Cluster.Node.Lifecycle;
using Cluster.Node.Observing;

namespace Cluster.Node.Web;

/// <summary>
/// What a node says over HTTP/1.1 to those who watch over it. The gateway speaks HTTP/2 and nothing else.
/// </summary>
internal static class WebEndpoint
{
    /// <summary>Whether the process works.</summary>
    public const string LivePath = "/healthz/live";

    /// <summary>Whether it serves calls as a member of the cluster.</summary>
    public const string ReadyPath = "/healthz/ready";

    /// <summary>What the node measures, for Prometheus.</summary>
    public const string MetricsPath = "/metrics";

    /// <summary>Puts it before the gateway.</summary>
    public static void Map(WebApplication app)
    {
        if (app.Services.GetService<NodeMetrics>() is null) return;
        app.MapWhen(
            context => !HttpProtocol.IsHttp2(context.Request.Protocol),
            web =>
            {
                web.UseOpenTelemetryPrometheusScrapingEndpoint(MetricsPath);
                web.Run(ServeAsync);
            });
    }

    private static Task ServeAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        var services = context.RequestServices;
        return context.Request.Path.Value switch
        {
            LivePath => LiveAsync(context, services.GetRequiredService<ActorSystem>()),
            ReadyPath => ReadyAsync(context, services.GetRequiredService<NodeService>()),
            _ => NotFoundAsync(context),
        };
    }

    private static async Task LiveAsync(HttpContext context, ActorSystem system)
    {
        var isAlive = await NodeHealth.IsAliveAsync(system, context.RequestAborted);
        await WriteAsync(context, "live", [new HealthCheck("actors", isAlive ? null : "they do not answer")]);
    }

    private static async Task ReadyAsync(HttpContext context, NodeService node) =>
        await WriteAsync(context, "ready", await node.CheckAsync(context.RequestAborted));

    private static async Task WriteAsync(HttpContext context, string verdict, IReadOnlyList<HealthCheck> checks)
    {
        var isGood = checks.All(check => check.Reason is null);
        context.Response.StatusCode = isGood ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteBoolean(verdict, isGood);
        json.WriteStartObject("checks");
        foreach (var check in checks) json.WriteString(check.Name, check.Reason ?? "ok");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync($"There are {LivePath}, {ReadyPath} and {MetricsPath}.\n");
    }
}
