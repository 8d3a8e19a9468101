using System.Collections;
using Cluster.Actors;
using Cluster.Node.Lifecycle;
using Cluster.Node.Settings;
using Cluster.Protocol;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Cluster.Node.Observing;

/// <summary>Which of what the node measures and traces goes where.</summary>
internal static class Telemetry
{
    private const string ServiceName = "cluster-node";

    /// <summary>The standard variable: where a collector takes traces.</summary>
    private const string Collector = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>What is wrong with where traces are to go, in a sentence; null if nothing is.</summary>
    public static string? FindError(IDictionary environment) =>
        environment[Collector] is string { Length: > 0 } collector && !NodeOptions.IsWebAddress(collector)
            ? $"{Collector}: '{collector}' is not an address such as http://collector:4317"
            : null;

    /// <summary>
    /// Metrics are for who scrapes the web endpoint; without one nothing is measured. Traces go to a collector, if the
    /// environment names one.
    /// </summary>
    public static void Configure(IServiceCollection services, NodeOptions options, string version)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(ServiceName, serviceVersion: version));
        if (options.WebAddress is not null)
        {
            telemetry.WithMetrics(metrics => metrics
                .AddMeter(NodeMetrics.Name, "System.Runtime")
                // Who asks wants to know what is, not what was.
                .AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0));
        }

        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Collector)))
            telemetry.WithTracing(traces => traces.AddSource(CallSpans.SourceName).AddOtlpExporter());
    }
}
