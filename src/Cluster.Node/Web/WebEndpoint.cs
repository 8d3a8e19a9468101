using System.Text.Json;
using Akka.Actor;
using Cluster.Actors.Operations;
using Cluster.Node.Lifecycle;
using Cluster.Node.Observing;

namespace Cluster.Node.Web;

/// <summary>
/// Serves health and metrics over HTTP/1.1. The gateway speaks only HTTP/2.
/// </summary>
internal static class WebEndpoint
{
    /// <summary>The path of the check whether actors run.</summary>
    public const string LivePath = "/healthz/live";

    /// <summary>The path of the check whether the node serves calls.</summary>
    public const string ReadyPath = "/healthz/ready";

    /// <summary>The path of the metrics for Prometheus.</summary>
    public const string MetricsPath = "/metrics";

    /// <summary>Adds the endpoint in front of the gateway.</summary>
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
