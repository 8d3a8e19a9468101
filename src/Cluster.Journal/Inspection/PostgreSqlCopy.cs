using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Cluster.Journal.Inspection;

/// <summary>Copies the tables of a journal in PostgreSQL into an empty SQLite file of the same format.</summary>
/// <param name="source">The journal.</param>
/// <param name="target">The file.</param>
internal sealed class PostgreSqlCopy(PostgreSqlSnapshot source, SqliteConnection target)
{
    // Those of the log, whose definition this version knows.
    private static readonly string[] OfLog =
        ["journal_state", "journal_writer", "journal_group", "journal_log", "journal_segment"];

    // Those of Akka's own actors, and the record of the cluster. Their definition is taken over.
    private static readonly string[] Others =
        ["journal", "akka_journal", "tags", "snapshot", "cluster_journal", "cluster_record"];

    /// <summary>Copies all of them, in one transaction.</summary>
    public void Run()
    {
        Execute("PRAGMA auto_vacuum=INCREMENTAL"); // as a node makes its file
        using var transaction = target.BeginTransaction();
        foreach (var statement in LogTables.Make(isSqlite: true)) Execute(statement);
        foreach (var table in OfLog) CopyRows(table, source.ReadColumns(table));
        foreach (var table in Others.Where(source.Has))
        {
            var columns = source.ReadColumns(table);
            Make(table, columns);
            CopyRows(table, columns);
        }

        transaction.Commit();
    }

    private void Make(string table, IReadOnlyList<TableColumn> columns)
    {
        var keys = columns.Where(column => column.IsKey).Select(column => Quote(column.Name)).ToArray();
        // SQLite gives out a number by itself only if the type of the only key column is this one.
        var parts = columns.Select(column => $"{Quote(column.Name)} {column.SqliteType}"
            + (column.IsKey && keys.Length == 1 ? " PRIMARY KEY" : ""));
        if (keys.Length > 1) parts = parts.Append($"PRIMARY KEY ({string.Join(", ", keys)})");
        Execute($"CREATE TABLE {Quote(table)} ({string.Join(", ", parts)})");
        foreach (var unique in source.ReadUniqueKeys(table))
        {
            Execute($"CREATE UNIQUE INDEX {Quote($"{table}_{string.Join('_', unique)}")} "
                + $"ON {Quote(table)} ({string.Join(", ", unique.Select(Quote))})");
        }
    }

    private void CopyRows(string table, IReadOnlyList<TableColumn> columns)
    {
        var names = string.Join(", ", columns.Select(column => Quote(column.Name)));
        var values = string.Join(", ", columns.Select((_, i) => $"@v{i}"));
        using var insert = target.CreateCommand();
        insert.CommandText = $"INSERT INTO {Quote(table)} ({names}) VALUES ({values})";
        for (var i = 0; i < columns.Count; i++) insert.Parameters.AddWithValue($"@v{i}", DBNull.Value);
        foreach (var row in source.ReadRows($"SELECT {names} FROM {Quote(table)}"))
        {
            for (var i = 0; i < row.Length; i++) insert.Parameters[i].Value = Convert(row[i]);
            insert.ExecuteNonQuery();
        }
    }

    private static object Convert(object value) => value switch
    {
        bool isTrue => isTrue ? 1L : 0L,
        short or int or long or byte[] or string or DBNull => value,
        _ => System.Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private void Execute(string text)
    {
        using var command = target.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
