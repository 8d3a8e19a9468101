using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;
using Npgsql;
using NpgsqlTypes;

namespace Cluster.Actors.Journal.PostgreSql;

/// <summary>
/// The writer's connection to PostgreSQL. A batch is one statement (two if rows are deleted, sent together) without an
/// explicit transaction, so that a commit takes one round trip.
/// </summary>
internal sealed class PostgreSqlWriteConnection : IWriteConnection
{
    private readonly NpgsqlConnection _connection;
    private readonly List<string> _ids = [];
    private readonly List<long> _sequenceNrs = [];
    private readonly List<long> _created = [];
    private readonly List<ReadOnlyMemory<byte>> _messages = [];
    private readonly List<int> _identifiers = [];
    private readonly List<string> _manifests = [];
    private readonly List<string> _writers = [];
    private readonly List<string> _trimmedIds = [];
    private readonly List<long> _trimmedBelow = [];
    private readonly NpgsqlBatch _insert;
    private readonly NpgsqlBatch _insertAndTrim;
    private string? _warning; // of the server, since the last command began

    public PostgreSqlWriteConnection(GroupCommitSettings settings)
    {
        _connection = PostgreSqlConnections.Open(settings);
        _connection.Notice += (_, notice) =>
        {
            if (notice.Notice.InvariantSeverity == "WARNING") _warning = notice.Notice.MessageText;
        };
        try
        {
            using (var purge = new NpgsqlCommand(settings.Table.Purge(TimeProvider.System.GetUtcNow()), _connection))
                purge.ExecuteNonQuery();
            _insert = new NpgsqlBatch(_connection) { BatchCommands = { InsertCommand(settings.Table) } };
            _insertAndTrim = new NpgsqlBatch(_connection)
            {
                BatchCommands = { InsertCommand(settings.Table), TrimCommand(settings.Table) },
            };
            _insert.Prepare();
            _insertAndTrim.Prepare();
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public void Write(List<WriteRequest> batch)
    {
        Clear();
        foreach (var request in batch) Add(request);
        try
        {
            _warning = null;
            Execute();
            ThrowIfNotReplicated();
        }
        catch (PostgresException e) when (IsRowsFault(e))
        {
            throw Refused(e);
        }
    }

    public void WriteEach(List<WriteRequest> batch)
    {
        using var transaction = _connection.BeginTransaction();
        foreach (var request in batch)
        {
            transaction.Save("request");
            Clear();
            Add(request);
            try
            {
                Execute();
            }
            catch (PostgresException e) when (IsRowsFault(e))
            {
                transaction.Rollback("request");
                request.Failure = Refused(e).FailureOf(request);
            }

            transaction.Release("request");
        }

        _warning = null;
        transaction.Commit();
        ThrowIfNotReplicated();
    }

    public void Finish()
    {
        // Nothing to do: the server checkpoints by itself.
    }

    public void Dispose() => _connection.Dispose();

    // A commit that was cancelled while it waited for a synchronous standby (by an operator, or by a time-out of the
    // command) succeeds with a warning, and only the primary has it. It may be lost with the primary, so it is no commit.
    // The actors recover, and write an event before they answer: that event is replicated after this commit.
    private void ThrowIfNotReplicated()
    {
        if (_warning is { } warning)
            throw new JournalUnavailableException($"the server has warned of the commit: {warning}");
    }

    private void Execute() => (_trimmedIds.Count == 0 ? _insert : _insertAndTrim).ExecuteNonQuery();

    private void Clear()
    {
        _ids.Clear();
        _sequenceNrs.Clear();
        _created.Clear();
        _messages.Clear();
        _identifiers.Clear();
        _manifests.Clear();
        _writers.Clear();
        _trimmedIds.Clear();
        _trimmedBelow.Clear();
    }

    private void Add(WriteRequest request)
    {
        foreach (ref readonly var row in request.Stored.AsSpan())
        {
            _ids.Add(request.PersistenceId);
            _sequenceNrs.Add(row.SequenceNr);
            _created.Add(row.Created);
            _messages.Add(row.Message);
            _identifiers.Add(row.Identifier);
            _manifests.Add(row.Manifest);
            _writers.Add(row.WriterUuid);
        }

        if (request.TrimBelow == 0) return;
        _trimmedIds.Add(request.PersistenceId);
        _trimmedBelow.Add(request.TrimBelow);
    }

    /// <remarks>
    /// Inserts in the order of the unique index. Two nodes that insert the same keys, as stale twins do, then take the
    /// locks in the same order and cannot deadlock.
    /// </remarks>
    private NpgsqlBatchCommand InsertCommand(JournalTable table) => new(
        $"INSERT INTO {table.Name} ({table.WrittenColumns}) " +
        "SELECT i, s, c, b, k, m, w, false FROM unnest($1, $2, $3, $4, $5, $6, $7) AS u (i, s, c, b, k, m, w) " +
        "ORDER BY i COLLATE \"C\", s")
    {
        Parameters =
        {
            PostgreSqlConnections.Array(_ids, NpgsqlDbType.Text),
            PostgreSqlConnections.Array(_sequenceNrs, NpgsqlDbType.Bigint),
            PostgreSqlConnections.Array(_created, NpgsqlDbType.Bigint),
            PostgreSqlConnections.Array(_messages, NpgsqlDbType.Bytea),
            PostgreSqlConnections.Array(_identifiers, NpgsqlDbType.Integer),
            PostgreSqlConnections.Array(_manifests, NpgsqlDbType.Text),
            PostgreSqlConnections.Array(_writers, NpgsqlDbType.Text),
        },
    };

    private NpgsqlBatchCommand TrimCommand(JournalTable table) => new(
        $"DELETE FROM {table.Name} AS j USING unnest($1, $2) AS u (i, s) " +
        $"WHERE j.{table.PersistenceId} = u.i AND j.{table.SequenceNumber} < u.s")
    {
        Parameters =
        {
            PostgreSqlConnections.Array(_trimmedIds, NpgsqlDbType.Text),
            PostgreSqlConnections.Array(_trimmedBelow, NpgsqlDbType.Bigint),
        },
    };

    /// <summary>
    /// Data that the table refuses, a deadlock or a serialization failure. In each case the server has said that
    /// nothing was stored, so the requests can be tried one by one.
    /// </summary>
    private static bool IsRowsFault(PostgresException e) =>
        e.SqlState.StartsWith("22", StringComparison.Ordinal) ||
        e.SqlState.StartsWith("23", StringComparison.Ordinal) ||
        e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    private static RowsRefusedException Refused(PostgresException e) =>
        new(e.SqlState == PostgresErrorCodes.UniqueViolation, e);
}
