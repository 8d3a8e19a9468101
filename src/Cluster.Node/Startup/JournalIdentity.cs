using Cluster.Node.Settings;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Cluster.Node.Startup;

/// <summary>
/// What tells a journal from all others: a name that the first node writes into it. Nodes of a cluster announce it, so
/// that one with another journal is found out, which would not find any of the objects that there are.
/// </summary>
internal static class JournalIdentity
{
    private const string Read = "SELECT id FROM cluster_journal";
    private const string Make =
        "CREATE TABLE IF NOT EXISTS cluster_journal (one INTEGER PRIMARY KEY, id TEXT NOT NULL)";

    // The first of several nodes that do so at once names it.
    private const string Name = "INSERT INTO cluster_journal VALUES (1, @id) ON CONFLICT DO NOTHING";

    private const int BusySeconds = 5;

    /// <summary>The name, which is given now if there is none.</summary>
    /// <returns>Null: the journal does not say, because it is locked or its user may not make tables. That is no reason
    /// not to start.</returns>
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
            // Another node makes it at this moment: IF NOT EXISTS is not for that.
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
