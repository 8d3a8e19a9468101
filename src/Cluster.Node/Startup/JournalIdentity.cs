using Cluster.Node.Settings;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Cluster.Node.Startup;

/// <summary>
/// The unique name of a journal, which its first node writes into it. Nodes announce it, so that a cluster notices a
/// node with another journal: that node would not find the existing objects.
/// </summary>
internal static class JournalIdentity
{
    private const string Read = "SELECT id FROM cluster_journal";
    private const string Make =
        "CREATE TABLE IF NOT EXISTS cluster_journal (one INTEGER PRIMARY KEY, id TEXT NOT NULL)";

    // If several nodes insert at once, the first one wins.
    private const string Name = "INSERT INTO cluster_journal VALUES (1, @id) ON CONFLICT DO NOTHING";

    private const int BusySeconds = 5;

    /// <summary>Returns the name. Stores a new one if there is none.</summary>
    /// <returns>
    /// Null: the name is unknown, because the journal is locked or its user may not create tables. The node starts
    /// without.
    /// </returns>
    public static async Task<string?> AskAsync(NodeOptions options, CancellationToken cancelled)
    {
        try
        {
            return JournalSettings.PostgreSql(options) is { } connection
                ? await AskPostgreSqlAsync(connection, cancelled)
                : AskSqlite(JournalSettings.SqlitePath(options));
        }
        catch (Exception exception) when (exception is SqliteException or NpgsqlException or TimeoutException)
        {
            return null;
        }
    }

    private static string NewName() => Guid.NewGuid().ToString("N");

    private static string? AskSqlite(string path)
    {
        var text =
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = BusySeconds };
        using var connection = new SqliteConnection(text.ToString());
        connection.Open();
        foreach (var statement in new[] { Make, Name })
        {
            using var command = new SqliteCommand(statement, connection);
            command.Parameters.AddWithValue("@id", NewName());
            command.ExecuteNonQuery();
        }

        using var read = new SqliteCommand(Read, connection);
        return read.ExecuteScalar() as string;
    }

    private static async Task<string?> AskPostgreSqlAsync(
        NpgsqlConnectionStringBuilder text, CancellationToken cancelled)
    {
        text.Pooling = false;
        await using var connection = new NpgsqlConnection(text.ToString());
        await connection.OpenAsync(cancelled);
        try
        {
            return await ReadOrNameAsync(connection, cancelled);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable)
        {
            await MakeAsync(connection, cancelled);
            return await ReadOrNameAsync(connection, cancelled);
        }
    }

    private static async Task MakeAsync(NpgsqlConnection connection, CancellationToken cancelled)
    {
        try
        {
            await using var make = new NpgsqlCommand(Make, connection);
            await make.ExecuteNonQueryAsync(cancelled);
        }
        catch (PostgresException exception) when (exception.SqlState
            is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateTable)
        {
            // Another node creates the table at this moment. IF NOT EXISTS does not cover that race.
        }
    }

    private static async Task<string?> ReadOrNameAsync(NpgsqlConnection connection, CancellationToken cancelled)
    {
        await using var read = new NpgsqlCommand(Read, connection);
        if (await read.ExecuteScalarAsync(cancelled) is string known) return known;
        await using var name = new NpgsqlCommand(Name, connection);
        name.Parameters.AddWithValue("id", NewName());
        await name.ExecuteNonQueryAsync(cancelled);
        return await read.ExecuteScalarAsync(cancelled) as string;
    }
}
