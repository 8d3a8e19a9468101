using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.Read;
using Cluster.Actors.Journal.Rows;
using Microsoft.Data.Sqlite;

namespace Cluster.Actors.Journal.Sqlite;

/// <summary>The log in a SQLite file: the connection of a reader's thread.</summary>
internal sealed class SqliteLogReader : ILogReader
{
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _writers;
    private readonly SqliteStatement _log;
    private readonly SqliteStatement _segments;
    private readonly SqliteStatement _rows;

    public SqliteLogReader(GroupCommitSettings settings)
    {
        _connection = SqliteConnections.Open(settings, mayCreate: false);
        try
        {
            var table = settings.Table;
            _writers = new SqliteStatement(_connection, LogTables.ReadWriters);
            _log = new SqliteStatement(_connection, LogTables.ReadLog.Replace("@above", "?1").Replace("@to", "?2"));
            _segments = new SqliteStatement(
                _connection, "SELECT first, last, ended, body FROM journal_segment WHERE id = ?1 ORDER BY first");
            _rows = new SqliteStatement(
                _connection,
                $"SELECT {table.ReadColumns} FROM {table.Name} WHERE {table.PersistenceId} = ?1 "
                + $"AND {table.SequenceNumber} >= ?2 ORDER BY {table.SequenceNumber}");
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public void ReadLogs(IReadOnlySet<long> without, Action<LogHead, long, byte[]> row)
    {
        // One transaction: the rows of a log may go to segments in between.
        SqliteConnections.Execute(_connection, "BEGIN");
        try
        {
            var heads = new List<LogHead>();
            while (_writers.Step())
                heads.Add(new LogHead(_writers.Int64(0), _writers.Text(1), _writers.Int64(2), (uint)_writers.Int64(3)));
            _writers.Reset();
            foreach (var head in heads.Where(head => !without.Contains(head.Writer)))
            {
                SqliteLog.ReadLog(_log, head.Number, LogCommit.Base(head.Writer + 1), (number, body) =>
                    row(head, number, body));
            }
        }
        finally
        {
            SqliteConnections.Execute(_connection, "ROLLBACK");
        }
    }

    public void ReadSegments(IReadOnlyList<string> ids, Action<int, LogSegment> segment)
    {
        for (var i = 0; i < ids.Count; i++)
        {
            _segments.Bind(1, ids[i]);
            try
            {
                while (_segments.Step())
                {
                    segment(i, new LogSegment(
                        ids[i], _segments.Int64(0), _segments.Int64(1), _segments.NullableInt64(2), _segments.Blob(3)));
                }
            }
            finally
            {
                // Ends the read transaction: an open one would stop the checkpoint of the WAL.
                _segments.Reset();
            }
        }
    }

    public void ReadTable(IReadOnlyList<RecoveryRequest> requests, Action<int, TableRow> row)
    {
        for (var i = 0; i < requests.Count; i++)
        {
            _rows.Bind(1, requests[i].PersistenceId);
            _rows.Bind(2, requests[i].FromSequenceNr);
            try
            {
                while (_rows.Step())
                {
                    row(i, new TableRow(
                        new JournalRow(
                            _rows.Int64(0), _rows.Int64(2), _rows.Blob(3), (int)_rows.Int64(4), _rows.Text(5),
                            _rows.Text(6)),
                        IsDeleted: _rows.Int64(1) != 0));
                }
            }
            finally
            {
                _rows.Reset();
            }
        }
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[_writers, _log, _segments, _rows]) statement.Dispose();
        _connection.Dispose();
    }
}
