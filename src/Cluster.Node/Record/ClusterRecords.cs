using Cluster.Node.Settings;

namespace Cluster.Node.Record;

/// <summary>Chooses the record by the setting of the journal.</summary>
internal static class ClusterRecords
{
    /// <summary>The record in the journal of a node.</summary>
    public static IClusterRecord Of(NodeOptions options) => JournalSettings.PostgreSql(options) is { } text
        ? new PostgreSqlClusterRecord(text)
        : new SqliteClusterRecord(JournalSettings.SqlitePath(options));
}
