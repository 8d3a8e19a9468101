using Microsoft.Data.Sqlite;

namespace Cluster.Actors.Journal.Sqlite;

/// <summary>Connections of the journal's own threads to a SQLite file.</summary>
internal static class SqliteConnections
{
    /// <summary>
    /// Opens a connection outside the pool: its settings must not leak to others, and closing it must close it.
    /// </summary>
    public static SqliteConnection Open(GroupCommitSettings settings)
    {
        var text = new SqliteConnectionStringBuilder(settings.ConnectionString) { Pooling = false };
        var connection = new SqliteConnection(text.ToString());
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout={(long)settings.BusyTimeout.TotalMilliseconds}");
            // Readers and the writer do not wait for each other, and a commit is one append and one sync.
            Execute(connection, "PRAGMA journal_mode=WAL");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
        return connection;
    }

    public static void Execute(SqliteConnection connection, string text)
    {
        using var statement = new SqliteStatement(connection, text);
        while (statement.Step())
        {
            // A pragma may answer with rows; none is of interest.
        }
    }
}
