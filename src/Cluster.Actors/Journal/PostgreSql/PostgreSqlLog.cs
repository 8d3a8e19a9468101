using System.Security.Cryptography;
using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;
using Npgsql;
using NpgsqlTypes;

namespace Cluster.Actors.Journal.PostgreSql;

/// <summary>
/// The log in PostgreSQL: the connection of the writer's thread. A transaction is one batch without an explicit BEGIN,
/// so that a commit takes one round trip.
/// </summary>
/// <remarks>
/// Commits share an advisory lock, and who changes the fence takes it alone. So the version that a commit reads under
/// the lock holds until the commit is done.
/// </remarks>
internal sealed class PostgreSqlLog : ILogDatabase
{
    private const long FenceLock = 0x6970635f66656e63;
    private const string Guarded = """
        INSERT INTO journal_log SELECT $1, $2 WHERE 1 / (CASE WHEN (SELECT fence FROM journal_state) = $3
            AND ($4 OR EXISTS (SELECT 1 FROM journal_log WHERE n = $1 - 1)) THEN 1 ELSE 0 END) = 1
        """;

    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);

    private readonly NpgsqlConnection _connection;
    private readonly JournalTable _table;
    private readonly (long Pid, DateTime Started) _session;
    private string? _warning; // of the server, since the last command began

    public PostgreSqlLog(GroupCommitSettings settings)
    {
        _table = settings.Table;
        _connection = PostgreSqlConnections.Open(settings);
        _connection.Notice += (_, notice) =>
        {
            if (notice.Notice.InvariantSeverity == "WARNING") _warning = notice.Notice.MessageText;
        };
        try
        {
            _session = Query(
                "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()",
                row => ((long)row.GetInt32(0), row.GetDateTime(1)))[0];
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public object Session => _session;

    public uint Open(uint? expected, object? former)
    {
        if (former is (long pid, DateTime started)) EndSession(pid, started);
        if (Query(JournalMarker.CountOld(isSqlite: false), row => row.GetInt64(0))[0] > 0)
            throw new JournalDamagedException(JournalMarker.NotMoved);
        if (expected is null) Make();
        var isThere = expected is null
            || Query("SELECT to_regclass('journal_state') IS NOT NULL", row => row.GetBoolean(0))[0];
        var rows = isThere
            ? Query(LogTables.ReadState, row => (Convert.ToInt64(row[0]), row.GetInt64(1)))
            : [];
        var salt = LogTables.Check(rows.Count == 0 ? null : rows[0], expected);
        if (expected is not null) return salt;
        Run(_table.Purge(TimeProvider.System.GetUtcNow()));
        return salt;
    }

    public (LogHead Writer, List<LogHead> Former) Register(string node)
    {
        using var transaction = BeginAlone();
        var writer = Query(LogTables.NextWriter, row => row.GetInt64(0))[0];
        Run("INSERT INTO journal_writer VALUES ($1, $2, $3, 0, 1)", Value(writer), Value(node),
            Value(LogCommit.Base(writer)));
        var former = Query(Numbered(LogTables.ReadFormer), row => Head(row, node), Value(node), Value(writer));
        Run(Numbered(LogTables.InheritGroups), Value(node), Value(writer));
        Run(Numbered(LogTables.CloseFormer), Value(node), Value(writer));
        Commit(transaction);
        return (new LogHead(writer, node, LogCommit.Base(writer), 0), former);
    }

    public void Claim(long writer, IReadOnlyCollection<string> groups)
    {
        using var transaction = BeginAlone();
        Run("""
            INSERT INTO journal_group SELECT name, $2 FROM unnest($1) AS u (name)
            ON CONFLICT (name) DO UPDATE SET writer = excluded.writer
            """, Array([.. groups], NpgsqlDbType.Text), Value(writer));
        Run(LogTables.MoveFence);
        Commit(transaction);
    }

    public List<LogHead> CloseWithoutGroups(long self)
    {
        using var transaction = BeginAlone();
        var closed = Query(LogTables.CloseWithoutGroups.Replace("@writer", "$1"), row => Head(row, ""), Value(self));
        if (closed.Count > 0) Run(LogTables.MoveFence);
        Commit(transaction);
        return closed;
    }

    // The version first: if the rest is newer, the next commit is refused and reads the fence again.
    public LogFence ReadFence()
    {
        var version = Query(LogTables.ReadState, row => row.GetInt64(2))[0];
        var groups = Query(LogTables.ReadGroups, row => (Name: row.GetString(0), Writer: row.GetInt64(1)));
        var writers = Query(LogTables.ReadWriters, row => (Writer: row.GetInt64(0), IsOpen: row.GetInt32(4) != 0));
        return new LogFence(
            version,
            groups.ToDictionary(group => group.Name, group => group.Writer),
            writers.Where(writer => writer.IsOpen).Select(writer => writer.Writer).ToHashSet());
    }

    public LogOutcome Store(LogTransaction transaction)
    {
        using var batch = new NpgsqlBatch(_connection);
        if (transaction.Commit is { } commit)
        {
            Add(batch, "SELECT pg_advisory_xact_lock_shared($1)", Value(FenceLock));
            Add(batch, Guarded, Value(commit.Number), Value(commit.Body), Value(transaction.Fence),
                Value(commit.Number - 1 == LogCommit.Base(LogCommit.WriterOf(commit.Number))));
        }

        if (transaction.Foreign.Count > 0) InsertRows(batch, transaction.Foreign);
        var removal = Compact(batch, transaction);
        try
        {
            Execute(batch);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DivisionByZero)
        {
            return Query(LogTables.ReadState, row => row.GetInt64(2))[0] == transaction.Fence
                ? LogOutcome.CommitLost
                : LogOutcome.FenceMoved;
        }
        catch (PostgresException e) when (IsRowsFault(e) && transaction.Foreign.Count > 0)
        {
            throw new RowsRefusedException(e.SqlState == PostgresErrorCodes.UniqueViolation, e);
        }

        if (removal is not null) transaction.RemovedRows = (int)removal.RecordsAffected;
        return LogOutcome.Stored;
    }

    public Dictionary<string, long> LastOf(IReadOnlyCollection<string> ids)
    {
        var last = new Dictionary<string, long>(ids.Count);
        var text = $"""
            SELECT u.id, greatest(
                (SELECT s.last FROM journal_segment AS s WHERE s.id = u.id ORDER BY s.first DESC LIMIT 1),
                (SELECT {_table.SequenceNumber} FROM {_table.Name} WHERE {_table.PersistenceId} = u.id
                 ORDER BY {_table.SequenceNumber} DESC LIMIT 1), 0)
            FROM unnest($1) AS u (id)
            """;
        foreach (var (id, number) in Query(
            text, row => (row.GetString(0), row.GetInt64(1)), Array([.. ids], NpgsqlDbType.Text)))
        {
            last[id] = number;
        }

        return last;
    }

    public void ReadLog(long above, long to, Action<long, byte[]> row)
    {
        using var command = Command(Numbered(LogTables.ReadLog), Value(above), Value(to));
        using var rows = command.ExecuteReader();
        while (rows.Read()) row(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1));
    }

    // The server's autovacuum gives free space back.
    public bool Tidy() => false;

    public void Finish()
    {
        // Nothing to do: the server checkpoints by itself.
    }

    public void Dispose() => _connection.Dispose();

    private void Make()
    {
        using var transaction = BeginAlone();
        foreach (var statement in LogTables.Make(isSqlite: false)) Run(statement);
        Run(JournalMarker.Make);
        Run(LogTables.InsertState.Replace("@format", "$1").Replace("@salt", "$2"), Value(LogTables.Format),
            Value((long)RandomNumberGenerator.GetInt32(int.MaxValue)));
        // Drops two indexes of the package that no query uses.
        foreach (var index in _table.SpareIndexes) Run($"DROP INDEX IF EXISTS {index}");
        Commit(transaction);
    }

    // The session of the connection before may still be in its commit. Its outcome is known once the session has ended.
    private void EndSession(long pid, DateTime started)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (Query(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2",
            row => row.GetBoolean(0), Value((int)pid), Value(started)).Count > 0)
        {
            if (TimeProvider.System.GetElapsedTime(began) > EndPatience)
                throw new JournalUnavailableException("the session of the connection before has not ended yet");
        }
    }

    private NpgsqlBatchCommand? Compact(NpgsqlBatch batch, LogTransaction transaction)
    {
        if (transaction.Trims.Count > 0)
        {
            Add(batch, "DELETE FROM journal_segment AS s USING unnest($1, $2) AS u (i, b) WHERE s.id = u.i AND s.first < u.b AND s.last < u.b",
                Array(transaction.Trims.ConvertAll(trim => trim.Id), NpgsqlDbType.Text),
                Array(transaction.Trims.ConvertAll(trim => trim.Below), NpgsqlDbType.Bigint));
        }

        if (transaction.Segments.Count > 0) InsertSegments(batch, transaction.Segments);
        NpgsqlBatchCommand? removal = null;
        if (transaction.Removed is { } removed)
        {
            removal = Add(batch, """
                DELETE FROM journal_log WHERE n = ANY (ARRAY(
                    SELECT n FROM journal_log WHERE n > $1 AND n <= $2 ORDER BY n LIMIT $3))
                """, Value(removed.Above), Value(removed.To), Value((long)removed.AtMost));
        }

        if (transaction.Head is { } head)
        {
            Add(batch, "UPDATE journal_writer SET number = $2, sum = $3 WHERE writer = $1 AND number < $2",
                Value(head.Writer), Value(head.Number), Value((long)head.Sum));
        }

        if (transaction.Closed != 0)
            Add(batch, "DELETE FROM journal_writer WHERE writer = $1", Value(transaction.Closed));
        return removal;
    }

    // One statement cannot touch a row twice, and an entity may have two segments with one first number in a batch.
    private static void InsertSegments(NpgsqlBatch batch, List<LogSegment> all)
    {
        var segments = all.GroupBy(segment => (segment.Id, segment.First)).Select(group => group.MaxBy(s => s.Last)).ToList();
        Add(batch, """
            INSERT INTO journal_segment SELECT * FROM unnest($1, $2, $3, $4, $5)
            ON CONFLICT (id, first) DO UPDATE SET last = excluded.last, ended = excluded.ended, body = excluded.body
            WHERE excluded.last >= journal_segment.last
            """,
            Array(segments.ConvertAll(segment => segment.Id), NpgsqlDbType.Text),
            Array(segments.ConvertAll(segment => segment.First), NpgsqlDbType.Bigint),
            Array(segments.ConvertAll(segment => segment.Last), NpgsqlDbType.Bigint),
            Array(segments.ConvertAll(segment => segment.Ended), NpgsqlDbType.Bigint),
            Array(segments.ConvertAll(segment => segment.Body), NpgsqlDbType.Bytea));
    }

    /// <remarks>
    /// Inserts in the order of the unique index. Two nodes that insert the same keys, as stale twins do, then take the
    /// locks in the same order and cannot deadlock.
    /// </remarks>
    private void InsertRows(NpgsqlBatch batch, List<WriteRequest> requests)
    {
        var rows = requests.SelectMany(request => request.Stored.Select(row => (Id: request.PersistenceId, Row: row)))
            .ToList();
        Add(batch,
            $"INSERT INTO {_table.Name} ({_table.WrittenColumns}) " +
            "SELECT i, s, c, b, k, m, w, false FROM unnest($1, $2, $3, $4, $5, $6, $7) AS u (i, s, c, b, k, m, w) " +
            "ORDER BY i COLLATE \"C\", s",
            Array(rows.ConvertAll(row => row.Id), NpgsqlDbType.Text),
            Array(rows.ConvertAll(row => row.Row.SequenceNr), NpgsqlDbType.Bigint),
            Array(rows.ConvertAll(row => row.Row.Created), NpgsqlDbType.Bigint),
            Array(rows.ConvertAll(row => row.Row.Message), NpgsqlDbType.Bytea),
            Array(rows.ConvertAll(row => row.Row.Identifier), NpgsqlDbType.Integer),
            Array(rows.ConvertAll(row => row.Row.Manifest), NpgsqlDbType.Text),
            Array(rows.ConvertAll(row => row.Row.WriterUuid), NpgsqlDbType.Text));
        var trims = requests.Where(request => request.TrimBelow > 0).ToList();
        if (trims.Count == 0) return;
        Add(batch,
            $"DELETE FROM {_table.Name} AS j USING unnest($1, $2) AS u (i, s) " +
            $"WHERE j.{_table.PersistenceId} = u.i AND j.{_table.SequenceNumber} < u.s",
            Array(trims.ConvertAll(request => request.PersistenceId), NpgsqlDbType.Text),
            Array(trims.ConvertAll(request => request.TrimBelow), NpgsqlDbType.Bigint));
    }

    private void Execute(NpgsqlBatch batch)
    {
        _warning = null;
        batch.ExecuteNonQuery();
        ThrowIfNotReplicated();
    }

    // Commits hold the lock together, and whoever changes the fence has it alone.
    private NpgsqlTransaction BeginAlone()
    {
        var transaction = _connection.BeginTransaction();
        Run("SELECT pg_advisory_xact_lock($1)", Value(FenceLock));
        return transaction;
    }

    private void Commit(NpgsqlTransaction transaction)
    {
        _warning = null;
        transaction.Commit();
        ThrowIfNotReplicated();
    }

    // A commit that was cancelled while it waited for a synchronous standby (by an operator) succeeds with a warning,
    // and only the primary has it. It may be lost with the primary, so it is no commit. The actors recover, and write
    // an event before they answer: that event is replicated after this commit.
    private void ThrowIfNotReplicated()
    {
        if (_warning is { } warning)
            throw new JournalUnavailableException($"the server has warned of the commit: {warning}");
    }

    private static LogHead Head(NpgsqlDataReader row, string node) =>
        new(row.GetInt64(0), node, row.GetInt64(1), (uint)row.GetInt64(2));

    private static string Numbered(string text) => text.Replace("@node", "$1").Replace("@above", "$1")
        .Replace("@writer", "$2").Replace("@to", "$2");

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    private static NpgsqlParameter<List<T>> Array<T>(List<T> values, NpgsqlDbType type) =>
        PostgreSqlConnections.Array(values, type);

    private static NpgsqlBatchCommand Add(NpgsqlBatch batch, string text, params NpgsqlParameter[] values)
    {
        var command = new NpgsqlBatchCommand(text);
        command.Parameters.AddRange(values);
        batch.BatchCommands.Add(command);
        return command;
    }

    private NpgsqlCommand Command(string text, params NpgsqlParameter[] values)
    {
        var command = new NpgsqlCommand(text, _connection);
        command.Parameters.AddRange(values);
        return command;
    }

    private void Run(string text, params NpgsqlParameter[] values)
    {
        using var command = Command(text, values);
        command.ExecuteNonQuery();
    }

    private List<T> Query<T>(string text, Func<NpgsqlDataReader, T> read, params NpgsqlParameter[] values)
    {
        using var command = Command(text, values);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(read(reader));
        return rows;
    }

    /// <summary>
    /// Data that the table refuses, a deadlock or a serialization failure. In each case the server has said that
    /// nothing was stored, so the requests can be tried one by one.
    /// </summary>
    private static bool IsRowsFault(PostgresException e) =>
        e.SqlState.StartsWith("22", StringComparison.Ordinal) ||
        e.SqlState.StartsWith("23", StringComparison.Ordinal) ||
        e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;
}
