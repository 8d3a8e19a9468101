using Cluster.Actors.Journal.Rows;
using Npgsql;
using NpgsqlTypes;

namespace Cluster.Actors.Journal.PostgreSql;

/// <summary>Opens the connections of the journal's threads to PostgreSQL.</summary>
internal static class PostgreSqlConnections
{
    /// <summary>
    /// Opens a connection outside the pool, so that its prepared statements live as long as the connection.
    /// </summary>
    public static NpgsqlConnection Open(GroupCommitSettings settings)
    {
        var text = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            Pooling = false,
            Enlist = false,
            // A batch has up to some MiB: fewer, larger packets.
            WriteBufferSize = 64 * 1024,
            ReadBufferSize = 64 * 1024,
            // A command that times out ends its connection. To cancel it could undo a commit's wait for a standby.
            CancellationTimeout = -1,
            // The statements of commits are prepared by themselves.
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
        };
        text.ApplicationName ??= "cluster-journal";
        var connection = new NpgsqlConnection(text.ToString());
        try
        {
            connection.Open();
            // A node that freezes during a transaction must not lock its keys for ever. And defaults of the database
            // user must not make commits less durable.
            using var command = new NpgsqlCommand(
                "SET idle_in_transaction_session_timeout = '10s'; SET synchronous_commit = on", connection);
            command.ExecuteNonQuery();
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        return connection;
    }

    /// <summary>An array parameter that sends the current content of the list at each execution.</summary>
    public static NpgsqlParameter<List<T>> Array<T>(List<T> values, NpgsqlDbType elementType) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | elementType };
}
