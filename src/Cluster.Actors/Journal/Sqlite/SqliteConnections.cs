using System.Diagnostics;
using Cluster.Actors.Journal.Rows;
using Microsoft.Data.Sqlite;
using SQLitePCL;

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
            SetBusyTimeout(connection, settings.BusyTimeout);
            // Readers and the writer do not wait for each other, and a commit is one append and one sync.
            WriteAhead(connection, settings.BusyTimeout);
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        return connection;
    }

    /// <summary>How long statements wait for a lock, with pauses that grow up to 100 ms.</summary>
    public static void SetBusyTimeout(SqliteConnection connection, TimeSpan timeout) =>
        Execute(connection, $"PRAGMA busy_timeout={(long)timeout.TotalMilliseconds}");

    public static void Execute(SqliteConnection connection, string text)
    {
        using var statement = new SqliteStatement(connection, text);
        while (statement.Step())
        {
            // A pragma may answer with rows; none is of interest.
        }
    }

    // The mode is the file's, so that the first connection of all changes it. Of two that do so at once SQLite refuses
    // one, without the wait that it grants to other locks; and also one that finds the file in use in its old mode.
    // A transaction does wait for those that are in the way: after it there is another attempt.
    private static void WriteAhead(SqliteConnection connection, TimeSpan patience)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                Execute(connection, "PRAGMA journal_mode=WAL");
                return;
            }
            catch (SqliteException e)
                when (e.SqliteErrorCode == raw.SQLITE_BUSY && Stopwatch.GetElapsedTime(began) < patience)
            {
                Execute(connection, "BEGIN IMMEDIATE");
                Execute(connection, "ROLLBACK");
            }
        }
    }
}
