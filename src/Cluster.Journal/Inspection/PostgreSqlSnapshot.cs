using System.Data;
using Npgsql;

namespace Cluster.Journal.Inspection;

/// <summary>A journal in a PostgreSQL database.</summary>
internal sealed class PostgreSqlSnapshot : JournalSnapshot
{
    private PostgreSqlSnapshot(NpgsqlConnection connection, NpgsqlTransaction transaction)
        : base(connection, transaction)
    {
    }

    /// <summary>Connects.</summary>
    /// <exception cref="NpgsqlException">The server cannot be reached, or refuses.</exception>
    public static PostgreSqlSnapshot Open(string connectionString)
    {
        var text = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Enlist = false };
        text.ApplicationName ??= "ipc-journal";
        var connection = new NpgsqlConnection(text.ToString());
        try
        {
            connection.Open();
            var transaction = connection.BeginTransaction(IsolationLevel.RepeatableRead);
            using var command = new NpgsqlCommand("SET TRANSACTION READ ONLY", connection, transaction);
            command.ExecuteNonQuery();
            return new PostgreSqlSnapshot(connection, transaction);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // The server checks its pages as it reads them, if its data has checksums.
    public override IReadOnlyList<string> FindDamage() => [];

    public override bool Has(string table) =>
        Query("SELECT 1 WHERE to_regclass(@id) IS NOT NULL", _ => true, table).Any();

    public override bool Has(string table, string column) => Query(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(@id) AND attnum > 0 AND NOT attisdropped",
        row => row.GetString(0), table).Contains(column);

    /// <summary>The columns of a table, in its order.</summary>
    public IReadOnlyList<TableColumn> ReadColumns(string table) =>
    [
        .. Query(
            """
            SELECT a.attname, format_type(a.atttypid, NULL), coalesce(a.attnum = ANY (i.indkey), false)
            FROM pg_attribute AS a LEFT JOIN pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary
            WHERE a.attrelid = to_regclass(@id) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """,
            row => new TableColumn(row.GetString(0), row.GetString(1), row.GetBoolean(2)), table),
    ];

    /// <summary>The columns of each unique key of a table but the primary one.</summary>
    public IReadOnlyList<string[]> ReadUniqueKeys(string table) =>
    [
        .. Query(
            """
            SELECT array(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY AS k (n, place)
                         JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY k.place)
            FROM pg_index AS i WHERE i.indrelid = to_regclass(@id) AND i.indisunique AND NOT i.indisprimary
            """,
            row => row.GetFieldValue<string[]>(0), table),
    ];

    /// <summary>The values of each row.</summary>
    public IEnumerable<object[]> ReadRows(string query) => Query(query, row =>
    {
        var values = new object[row.FieldCount];
        row.GetValues(values);
        return values;
    });
}
