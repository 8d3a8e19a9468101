using Cluster.Actors.Journal.Read;
using Cluster.Actors.Journal.Rows;
using Microsoft.Data.Sqlite;

namespace Cluster.Actors.Journal.Sqlite;

/// <summary>A reader's connection to a SQLite file: one prepared query, which runs once for each recovery.</summary>
internal sealed class SqliteReadConnection : IReadConnection
{
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _select;

    public SqliteReadConnection(GroupCommitSettings settings)
    {
        _connection = SqliteConnections.Open(settings);
        try
        {
            var table = settings.Table;
            _select = new SqliteStatement(
                _connection,
                $"SELECT {table.ReadColumns} FROM {table.Name} WHERE {table.PersistenceId} = ?1 " +
                $"AND {table.SequenceNumber} >= ?2 ORDER BY {table.SequenceNumber}");
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public void Read(List<RecoveryRequest> batch)
    {
        foreach (var request in batch) Read(request);
    }

    public void Dispose()
    {
        _select.Dispose();
        _connection.Dispose();
    }

    private void Read(RecoveryRequest request)
    {
        _select.Bind(1, request.PersistenceId);
        _select.Bind(2, request.FromSequenceNr);
        try
        {
            while (!request.IsDone && _select.Step())
            {
                var message = _select.Blob(3);
                request.Deliver(
                    new JournalRow(
                        _select.Int64(0),
                        _select.Int64(2),
                        message,
                        (int)_select.Int64(4),
                        _select.Text(5),
                        _select.Text(6)),
                    message,
                    isDeleted: _select.Int64(1) != 0);
            }
        }
        finally
        {
            // Ends the read transaction: an open one would stop the checkpoint of the WAL.
            _select.Reset();
        }

        request.Complete();
    }
}
