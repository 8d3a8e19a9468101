using System.Diagnostics;
using Cluster.Actors.Journal.Rows;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Cluster.Actors.Journal.Sqlite;

/// <summary>Opens the connections of the journal's threads to a SQLite file.</summary>
internal static class SqliteConnections
{
    /// <summary>
    /// Opens a connection outside the pool: its settings must not leak to other users, and Dispose must really close
    /// it.
    /// </summary>
    /// <param name="settings">Where the file is.</param>
    /// <param name="mayCreate">Whether the file is made if it does not exist.</param>
    public static SqliteConnection Open(GroupCommitSettings settings, bool mayCreate = true)
    {
        var text = new SqliteConnectionStringBuilder(settings.ConnectionString) { Pooling = false };
        if (!mayCreate) text.Mode = SqliteOpenMode.ReadWrite;
        var connection = new SqliteConnection(text.ToString());
        try
        {
            connection.Open();
            SetBusyTimeout(connection, settings.BusyTimeout);
            // Only an empty file takes this: pages that are free can be given back to the file system.
            Execute(connection, "PRAGMA auto_vacuum=INCREMENTAL");
            // With a WAL, readers and the writer do not wait for each other, and a commit is one append and one sync.
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
            // A pragma may return rows; they are not needed.
        }
    }

    // The journal mode belongs to the file, so the first connection changes it. If two connections change it at once,
    // or if the file is in use in its old mode, SQLite refuses with SQLITE_BUSY at once and ignores the busy timeout. A
    // transaction does wait for the other connections, so an empty one precedes each further attempt.
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
