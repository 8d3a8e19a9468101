using Cluster.Actors.Journal.Rows;
using Npgsql;
using NpgsqlTypes;

namespace Cluster.Actors.Journal.PostgreSql;

/// <summary>Connections of the journal's own threads to PostgreSQL.</summary>
internal static class PostgreSqlConnections
{
    /// <summary>Opens a connection outside the pool, whose prepared statements live as long as it does.</summary>
    public static NpgsqlConnection Open(GroupCommitSettings settings)
    {
        var text = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            Pooling = false,
            Enlist = false,
            // Batches are up to some MiB: fewer, larger packets.
            WriteBufferSize = 64 * 1024,
            ReadBufferSize = 64 * 1024,
        };
        text.ApplicationName ??= "cluster-journal";
        var connection = new NpgsqlConnection(text.ToString());
        try
        {
            connection.Open();
            // A node that freezes in the middle of a transaction must not hold its keys against its successor. And the
            // user's defaults must not weaken what a confirmed write means.
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

    /// <summary>An array parameter that sends what the list holds at each execution.</summary>
    public static NpgsqlParameter<List<T>> Array<T>(List<T> values, NpgsqlDbType elementType) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | elementType };
}
