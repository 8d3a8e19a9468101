using System.Diagnostics.Metrics;

namespace Cluster.Actors.Journal;

/// <summary>The instruments of the meter <c>Cluster.Journal</c>, one set for the process.</summary>
internal static class JournalMetrics
{
    private static readonly Meter Meter = new("Cluster.Journal");

    /// <summary>Transactions committed.</summary>
    public static readonly Counter<long> Commits = Meter.CreateCounter<long>("journal.commits");

    /// <summary>Rows committed.</summary>
    public static readonly Counter<long> Rows = Meter.CreateCounter<long>("journal.rows");

    /// <summary>Payload committed.</summary>
    public static readonly Counter<long> Bytes = Meter.CreateCounter<long>("journal.bytes", "By");

    /// <summary>From the first insert of a transaction to its confirmed commit.</summary>
    public static readonly Histogram<double> CommitDuration =
        Meter.CreateHistogram<double>("journal.commit.duration", "ms");

    /// <summary>Writes refused because their writer is stale.</summary>
    public static readonly Counter<long> Conflicts = Meter.CreateCounter<long>("journal.conflicts");

    /// <summary>Writes failed because the database was away or the queue full.</summary>
    public static readonly Counter<long> FailedWrites = Meter.CreateCounter<long>("journal.writes.failed");

    /// <summary>Actors recovered.</summary>
    public static readonly Counter<long> Recoveries = Meter.CreateCounter<long>("journal.recoveries");

    /// <summary>Queries (batches of recoveries) they took.</summary>
    public static readonly Counter<long> RecoveryQueries = Meter.CreateCounter<long>("journal.recovery.queries");
}
