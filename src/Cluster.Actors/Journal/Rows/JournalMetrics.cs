using System.Diagnostics.Metrics;
using Cluster.Actors.Metrics;

namespace Cluster.Actors.Journal.Rows;

/// <summary>The instruments of the journal, one set for the process.</summary>
internal static class JournalMetrics
{
    private static readonly Meter Meter = new("Cluster.Ipc");

    /// <summary>Transactions committed.</summary>
    public static readonly Counter<long> Commits = Meter.CreateCounter<long>(
        "cluster.ipc.journal.commits", "{transaction}", "Transactions committed");

    /// <summary>Rows committed.</summary>
    public static readonly Counter<long> Rows = Meter.CreateCounter<long>(
        "cluster.ipc.journal.rows", "{row}", "Rows committed: a row is what an entity writes at once");

    /// <summary>Payload committed.</summary>
    public static readonly Counter<long> Bytes = Meter.CreateCounter<long>(
        "cluster.ipc.journal.size", "By", "Bytes committed");

    /// <summary>Rows in a transaction.</summary>
    public static readonly Histogram<int> CommitRows = Meter.CreateHistogram(
        "cluster.ipc.journal.commit.rows", "{row}", "Rows in a transaction",
        advice: new InstrumentAdvice<int>
        {
            HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
        });

    /// <summary>From the first insert of a transaction to its confirmed commit.</summary>
    public static readonly Histogram<double> CommitDuration = Meter.CreateHistogram(
        "cluster.ipc.journal.commit.duration", "s", "From the first insert of a transaction to its confirmed commit",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10],
        });

    /// <summary>Writes refused because their writer is stale.</summary>
    public static readonly Tally Conflicts = new(
        Meter, "cluster.ipc.journal.conflicts", "{write}",
        "Writes refused because another node has taken the entity over");

    /// <summary>Writes failed because the database was away or the queue full.</summary>
    public static readonly Tally FailedWrites = new(
        Meter, "cluster.ipc.journal.failures", "{write}", "Writes that the database did not confirm");

    /// <summary>Actors recovered.</summary>
    public static readonly Tally Recoveries = new(
        Meter, "cluster.ipc.journal.recoveries", "{entity}", "Entities read from the journal");

    /// <summary>Queries (batches of recoveries) they took.</summary>
    public static readonly Tally RecoveryQueries = new(
        Meter, "cluster.ipc.journal.recovery.queries", "{query}", "Queries that recoveries took");
}
