using Cluster.Actors.Journal.Read;
using Cluster.Actors.Journal.Rows;
using Npgsql;
using NpgsqlTypes;

namespace Cluster.Actors.Journal.PostgreSql;

/// <summary>A reader's connection to PostgreSQL: one streamed query for all waiting recoveries.</summary>
internal sealed class PostgreSqlReadConnection : IReadConnection
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _select;
    private readonly List<string> _ids = [];
    private readonly List<long> _from = [];

    public PostgreSqlReadConnection(GroupCommitSettings settings)
    {
        _connection = PostgreSqlConnections.Open(settings);
        try
        {
            _select = SelectCommand(settings.Table);
            _select.Prepare();
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public void Read(List<RecoveryRequest> batch)
    {
        _ids.Clear();
        _from.Clear();
        foreach (var request in batch)
        {
            _ids.Add(request.PersistenceId);
            _from.Add(request.FromSequenceNr);
        }

        var current = 0;
        using (var rows = _select.ExecuteReader())
        {
            while (rows.Read())
            {
                var index = (int)rows.GetInt64(0) - 1;
                if (index < current)
                    throw new InvalidOperationException("The histories did not come in the order asked for.");
                for (; current < index; current++)
                    batch[current].Complete();
                Deliver(batch[index], rows);
            }
        }

        for (; current < batch.Count; current++)
            batch[current].Complete();
    }

    public void Dispose() => _connection.Dispose();

    private static void Deliver(RecoveryRequest request, NpgsqlDataReader row)
    {
        var message = row.GetFieldValue<byte[]>(4);
        request.Deliver(
            new JournalRow(
                row.GetInt64(1),
                row.GetInt64(3),
                message,
                row.GetInt32(5),
                row.IsDBNull(6) ? string.Empty : row.GetString(6),
                row.IsDBNull(7) ? string.Empty : row.GetString(7)),
            message,
            isDeleted: row.GetBoolean(2));
    }

    /// <remarks>
    /// A lateral join with the order inside: the server walks the unique index once for each id, in the order of the
    /// ids. A sort of the whole result would hold every history in the server's memory before the first row.
    /// </remarks>
    private NpgsqlCommand SelectCommand(JournalTable table) => new(
        "SELECT u.n, j.* FROM unnest($1, $2) WITH ORDINALITY AS u (i, s, n) CROSS JOIN LATERAL (" +
        $"SELECT {table.ReadColumns} FROM {table.Name} WHERE {table.PersistenceId} = u.i " +
        $"AND {table.SequenceNumber} >= u.s ORDER BY {table.SequenceNumber}) AS j",
        _connection)
    {
        Parameters =
        {
            PostgreSqlConnections.Array(_ids, NpgsqlDbType.Text),
            PostgreSqlConnections.Array(_from, NpgsqlDbType.Bigint),
        },
    };
}
