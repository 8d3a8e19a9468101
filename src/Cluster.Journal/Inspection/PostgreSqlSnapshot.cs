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
}
