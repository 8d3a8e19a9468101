using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Cluster.Journal.Inspection;

/// <summary>A journal in a SQLite file. No page of it is written.</summary>
internal sealed class SqliteSnapshot : JournalSnapshot
{
    private SqliteSnapshot(SqliteConnection connection, SqliteTransaction transaction)
        : base(connection, transaction)
    {
    }

    /// <summary>Opens the file.</summary>
    /// <exception cref="SqliteException">It is not there, or is no database.</exception>
    public static SqliteSnapshot Open(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException("there is no such file");
        var connection = Connect(path);
        try
        {
            // The snapshot is the one of the first query.
            var transaction = connection.BeginTransaction(deferred: true);
            var snapshot = new SqliteSnapshot(connection, transaction);
            _ = snapshot.Has("journal_state");
            return snapshot;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that does not write.</summary>
    public static SqliteConnection Connect(string path)
    {
        // SQLite needs a WAL file to read. Without the right to write, it leaves the one that it has made behind, and a
        // node of another user could not open that. A WAL of others is only read.
        var mode = File.Exists(path + "-wal") ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite;
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path, Mode = mode, Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override IReadOnlyList<string> FindDamage()
    {
        try
        {
            return [.. Query("PRAGMA quick_check", row => row.GetString(0)).Where(line => line != "ok")];
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_IOERR)
        {
            return [exception.Message];
        }
    }

    public override bool Has(string table) =>
        Query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = @id", _ => true, table).Any();

    public override bool Has(string table, string column) =>
        Query("SELECT name FROM pragma_table_info(@id)", row => row.GetString(0), table).Contains(column);
}
