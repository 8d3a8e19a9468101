using System.Collections;
using Cluster.Actors;
using Cluster.Node.Lifecycle;
using Cluster.Node.Settings;
using Cluster.Protocol;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Cluster.Node.Observing;

/// <summary>Exports metrics and traces.</summary>
internal static class Telemetry
{
    private const string ServiceName = "cluster-node";

    /// <summary>The standard variable with the address of the collector of traces.</summary>
    private const string Collector = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>The error of the collector's address, as a sentence; null: it is valid.</summary>
    public static string? FindError(IDictionary environment) =>
        environment[Collector] is string { Length: > 0 } collector && !NodeOptions.IsWebAddress(collector)
            ? $"{Collector}: '{collector}' is not an address such as http://collector:4317"
            : null;

    /// <summary>
    /// Exports metrics on the web endpoint; without one no metrics are measured. Exports traces to a collector if the
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
                // No cache: a scrape must see the current values.
                .AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0));
        }

        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Collector)))
            telemetry.WithTracing(traces => traces.AddSource(CallSpans.SourceName).AddOtlpExporter());
    }
}
