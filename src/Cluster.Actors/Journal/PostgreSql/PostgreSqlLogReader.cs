using System.Data;
using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.Read;
using Cluster.Actors.Journal.Rows;
using Npgsql;
using NpgsqlTypes;

namespace Cluster.Actors.Journal.PostgreSql;

/// <summary>The log in PostgreSQL: the connection of a reader's thread. All recoveries take one streamed query.</summary>
internal sealed class PostgreSqlLogReader : ILogReader
{
    private readonly NpgsqlConnection _connection;
    private readonly JournalTable _table;

    public PostgreSqlLogReader(GroupCommitSettings settings)
    {
        _table = settings.Table;
        _connection = PostgreSqlConnections.Open(settings);
    }

    public void ReadLogs(IReadOnlySet<long> without, Action<LogHead, long, byte[]> row)
    {
        // One snapshot: the rows of a log may go to segments in between.
        using var transaction = _connection.BeginTransaction(IsolationLevel.RepeatableRead);
        var heads = new List<LogHead>();
        using (var command = new NpgsqlCommand(LogTables.ReadWriters, _connection))
        using (var writers = command.ExecuteReader())
        {
            while (writers.Read())
            {
                heads.Add(new LogHead(
                    writers.GetInt64(0), writers.GetString(1), writers.GetInt64(2), (uint)writers.GetInt64(3)));
            }
        }

        foreach (var head in heads.Where(head => !without.Contains(head.Writer)))
        {
            using var command = new NpgsqlCommand(
                LogTables.ReadLog.Replace("@above", "$1").Replace("@to", "$2"), _connection);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = head.Number });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LogCommit.Base(head.Writer + 1) });
            using var rows = command.ExecuteReader();
            while (rows.Read()) row(head, rows.GetInt64(0), rows.GetFieldValue<byte[]>(1));
        }

        transaction.Commit();
    }

    /// <remarks>
    /// A lateral join with the order inside: the server walks the primary key once for each id, in the order of the
    /// ids. A sort of the whole result would hold every history in the server's memory before the first row.
    /// </remarks>
    public void ReadSegments(IReadOnlyList<string> ids, Action<int, LogSegment> segment)
    {
        using var command = new NpgsqlCommand(
            "SELECT u.n, s.* FROM unnest($1) WITH ORDINALITY AS u (i, n) CROSS JOIN LATERAL ("
            + "SELECT first, last, ended, body FROM journal_segment WHERE id = u.i ORDER BY first) AS s",
            _connection);
        command.Parameters.Add(PostgreSqlConnections.Array([.. ids], NpgsqlDbType.Text));
        using var rows = command.ExecuteReader();
        var current = 0;
        while (rows.Read())
        {
            var index = (int)rows.GetInt64(0) - 1;
            if (index < current)
                throw new InvalidOperationException("The histories did not come in the order asked for.");
            current = index;
            segment(index, new LogSegment(
                ids[index], rows.GetInt64(1), rows.GetInt64(2), rows.IsDBNull(3) ? null : rows.GetInt64(3),
                rows.GetFieldValue<byte[]>(4)));
        }
    }

    public void ReadTable(IReadOnlyList<RecoveryRequest> requests, Action<int, TableRow> row)
    {
        using var command = new NpgsqlCommand(
            "SELECT u.n, j.* FROM unnest($1, $2) WITH ORDINALITY AS u (i, s, n) CROSS JOIN LATERAL (" +
            $"SELECT {_table.ReadColumns} FROM {_table.Name} WHERE {_table.PersistenceId} = u.i " +
            $"AND {_table.SequenceNumber} >= u.s ORDER BY {_table.SequenceNumber}) AS j",
            _connection);
        command.Parameters.Add(PostgreSqlConnections.Array(
            requests.Select(request => request.PersistenceId).ToList(), NpgsqlDbType.Text));
        command.Parameters.Add(PostgreSqlConnections.Array(
            requests.Select(request => request.FromSequenceNr).ToList(), NpgsqlDbType.Bigint));
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            row((int)rows.GetInt64(0) - 1, new TableRow(
                new JournalRow(
                    rows.GetInt64(1),
                    rows.GetInt64(3),
                    rows.GetFieldValue<byte[]>(4),
                    rows.GetInt32(5),
                    rows.IsDBNull(6) ? string.Empty : rows.GetString(6),
                    rows.IsDBNull(7) ? string.Empty : rows.GetString(7)),
                IsDeleted: rows.GetBoolean(2)));
        }
    }

    public void Dispose() => _connection.Dispose();
}
