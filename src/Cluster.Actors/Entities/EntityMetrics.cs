using System.Diagnostics.Metrics;

namespace Cluster.Actors.Entities;

/// <summary>The instruments that entities record into, one set for the process.</summary>
internal static class EntityMetrics
{
    private static readonly Meter Meter = new("Cluster.Ipc");

    /// <summary>How many events group commit writes together.</summary>
    public static readonly Histogram<int> Commits = Meter.CreateHistogram(
        "cluster.ipc.commit.events", "{event}", "Events that an entity writes at once",
        advice: new InstrumentAdvice<int>
        {
            HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096]
        });
}
