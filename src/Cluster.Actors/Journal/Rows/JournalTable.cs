using Akka.Persistence.Sql.Config;

namespace Cluster.Actors.Journal.Rows;

/// <summary>
/// The package's journal table as SQL text. The names come from the package's configuration, so that this journal and
/// the package use the same table. SQLite and PostgreSQL both take names in double quotes.
/// </summary>
internal sealed class JournalTable
{
    private readonly JournalTableColumnNames _names;
    private readonly string _table;

    public JournalTable(JournalConfig config)
    {
        var table = config.TableConfig;
        _names = table.EventJournalTable.ColumnNames;
        _table = table.EventJournalTable.Name;
        Name = string.IsNullOrEmpty(table.SchemaName)
            ? Quote(table.EventJournalTable.Name)
            : $"{Quote(table.SchemaName)}.{Quote(table.EventJournalTable.Name)}";
    }

    /// <summary>The quoted table name, with its schema if it has one.</summary>
    public string Name { get; }

    public string PersistenceId => Quote(_names.PersistenceId);

    public string SequenceNumber => Quote(_names.SequenceNumber);

    public string Deleted => Quote(_names.Deleted);

    /// <summary>
    /// Deletes the markers of entities that were deleted more than a week ago. The package keeps the last row of a
    /// deleted history, marked as deleted, so that a stale writer still collides with it. No writer is stale for a
    /// week.
    /// </summary>
    public string Purge(DateTimeOffset now) =>
        $"DELETE FROM {Name} WHERE {Deleted} AND {Quote(_names.Created)} < {now.AddDays(-7).UtcTicks}";

    /// <summary>The indexes that the package creates over the time and over the sequence number alone.</summary>
    public IEnumerable<string> SpareIndexes =>
        [Quote($"{_table}_{_names.Created}_idx"), Quote($"{_table}_{_names.SequenceNumber}_idx")];

    /// <summary>The columns of an insert, in the order of the values that a writer binds.</summary>
    public string WrittenColumns =>
        $"{PersistenceId}, {SequenceNumber}, {Quote(_names.Created)}, {Quote(_names.Message)}, " +
        $"{Quote(_names.Identifier)}, {Quote(_names.Manifest)}, {Quote(_names.WriterUuid)}, {Deleted}";

    /// <summary>The columns of a recovery, in the order in which a reader takes them.</summary>
    public string ReadColumns =>
        $"{SequenceNumber}, {Deleted}, {Quote(_names.Created)}, {Quote(_names.Message)}, " +
        $"{Quote(_names.Identifier)}, {Quote(_names.Manifest)}, {Quote(_names.WriterUuid)}";

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
