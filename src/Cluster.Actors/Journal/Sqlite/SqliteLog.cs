using System.Diagnostics;
using System.Security.Cryptography;
using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Cluster.Actors.Journal.Sqlite;

/// <summary>The log in a SQLite file: the connection of the writer's thread.</summary>
internal sealed class SqliteLog : ILogDatabase
{
    private const int FreePagesAtOnce = 512;

    // So many free pages may stay: the log needs them soon.
    private const long FreePagesToKeep = 2_048;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(1);

    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly (ulong, ulong)? _file;
    private readonly JournalTable _table;
    private readonly TimeSpan _patience;
    private readonly List<SqliteStatement> _statements = [];
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _rollback;
    private readonly SqliteStatement _insertRow;
    private readonly SqliteStatement _trimRows;
    private SqliteStatement _fence = null!;
    private SqliteStatement _previous = null!;
    private SqliteStatement _insertCommit = null!;
    private SqliteStatement _insertSegment = null!;
    private SqliteStatement _trimSegments = null!;
    private SqliteStatement _removeRows = null!;
    private SqliteStatement _setHead = null!;
    private SqliteStatement _close = null!;
    private SqliteStatement _lastSegment = null!;
    private SqliteStatement _lastRow = null!;
    private SqliteStatement _readLog = null!;

    /// <param name="settings">Where the file is.</param>
    /// <param name="mayCreate">Whether the file is made if it does not exist.</param>
    /// <exception cref="JournalDamagedException">It is not there any more.</exception>
    public SqliteLog(GroupCommitSettings settings, bool mayCreate = true)
    {
        _path = new SqliteConnectionStringBuilder(settings.ConnectionString).DataSource;
        if (!mayCreate && FileIdentity.Of(_path) is null) throw new JournalDamagedException(LogTables.Another);
        _connection = SqliteConnections.Open(settings, mayCreate);
        _table = settings.Table;
        _patience = settings.BusyTimeout;
        try
        {
            _file = FileIdentity.Of(_path);
            // A commit returns only when the WAL is on the disk.
            SqliteConnections.Execute(_connection, "PRAGMA synchronous=FULL");
            // SQLite copies the WAL into the database every 16 MiB, and truncates the WAL after a larger transaction.
            SqliteConnections.Execute(_connection, "PRAGMA wal_autocheckpoint=4000");
            SqliteConnections.Execute(_connection, "PRAGMA journal_size_limit=33554432");
            // Drops two indexes of the package that no query uses: each row would dirty two more pages.
            foreach (var index in _table.SpareIndexes)
                SqliteConnections.Execute(_connection, $"DROP INDEX IF EXISTS {index}");
            // Immediate: takes the write lock before the first insert.
            _begin = Prepare("BEGIN IMMEDIATE");
            _commit = Prepare("COMMIT");
            _rollback = Prepare("ROLLBACK");
            _insertRow = Prepare(
                $"INSERT INTO {_table.Name} ({_table.WrittenColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)");
            _trimRows = Prepare(
                $"DELETE FROM {_table.Name} WHERE {_table.PersistenceId} = ?1 AND {_table.SequenceNumber} < ?2");
            SqliteConnections.SetBusyTimeout(_connection, LookEvery);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    // A connection that is closed has no transaction any more.
    public object? Session => null;

    public uint Open(uint? expected, object? former)
    {
        Begin();
        try
        {
            if (Query(JournalMarker.CountOld(isSqlite: true), row => row.Int64(0))[0] > 0)
                throw new JournalDamagedException(JournalMarker.NotMoved);
            if (expected is null)
            {
                foreach (var statement in LogTables.Make(isSqlite: true))
                    SqliteConnections.Execute(_connection, statement);
                SqliteConnections.Execute(_connection, JournalMarker.Make);
                Run(LogTables.InsertState, LogTables.Format, RandomNumberGenerator.GetInt32(int.MaxValue));
            }

            var isThere = expected is null
                || Query("SELECT 1 FROM sqlite_master WHERE name = 'journal_state'", _ => true).Count > 0;
            var rows = isThere ? Query(LogTables.ReadState, row => (row.Int64(0), row.Int64(1))) : [];
            var salt = LogTables.Check(rows.Count == 0 ? null : rows[0], expected);
            if (expected is null)
                SqliteConnections.Execute(_connection, _table.Purge(TimeProvider.System.GetUtcNow()));

            _commit.Run();
            PrepareLog();
            return salt;
        }
        catch (JournalDamagedException)
        {
            _rollback.Run();
            throw;
        }
    }

    public (LogHead Writer, List<LogHead> Former) Register(string node)
    {
        Begin();
        var writer = Query(LogTables.NextWriter, row => row.Int64(0))[0];
        Run("INSERT INTO journal_writer VALUES (?1, ?2, ?3, 0, 1)", writer, node, LogCommit.Base(writer));
        var former = Query(Numbered(LogTables.ReadFormer), row => Head(row, node), node, writer);
        Run(Numbered(LogTables.InheritGroups), node, writer);
        Run(Numbered(LogTables.CloseFormer), node, writer);
        _commit.Run();
        return (new LogHead(writer, node, LogCommit.Base(writer), 0), former);
    }

    public void Claim(long writer, IReadOnlyCollection<string> groups)
    {
        Begin();
        foreach (var group in groups)
            Run(LogTables.ClaimGroup.Replace("@name", "?1").Replace("@writer", "?2"), group, writer);
        Run(LogTables.MoveFence);
        _commit.Run();
    }

    public List<LogHead> CloseWithoutGroups(long self)
    {
        Begin();
        var closed = Query(
            LogTables.CloseWithoutGroups.Replace("@writer", "?1"), row => Head(row, string.Empty), self);
        if (closed.Count > 0) Run(LogTables.MoveFence);
        _commit.Run();
        return closed;
    }

    public LogFence ReadFence()
    {
        SqliteConnections.Execute(_connection, "BEGIN");
        var version = Query(LogTables.ReadState, row => row.Int64(2))[0];
        var groups = Query(LogTables.ReadGroups, row => (Name: row.Text(0), Writer: row.Int64(1)));
        var writers = Query(LogTables.ReadWriters, row => (Writer: row.Int64(0), IsOpen: row.Int64(4) != 0));
        _commit.Run();
        return new LogFence(
            version,
            groups.ToDictionary(group => group.Name, group => group.Writer),
            writers.Where(writer => writer.IsOpen).Select(writer => writer.Writer).ToHashSet());
    }

    public LogOutcome Store(LogTransaction transaction)
    {
        Begin();
        _fence.Step();
        var fence = _fence.Int64(0);
        _fence.Reset();
        if (fence != transaction.Fence)
        {
            _rollback.Run();
            return LogOutcome.FenceMoved;
        }

        try
        {
            foreach (var request in transaction.Foreign) InsertRows(request);
        }
        catch (SqliteException e) when (IsRowsFault(e))
        {
            _rollback.Run();
            throw new RowsRefusedException(
                e.SqliteExtendedErrorCode is raw.SQLITE_CONSTRAINT_UNIQUE or raw.SQLITE_CONSTRAINT_PRIMARYKEY, e);
        }

        if (transaction.Commit is { } commit && !Insert(commit))
        {
            _rollback.Run();
            return LogOutcome.CommitLost;
        }

        Compact(transaction);
        _commit.Run();
        return LogOutcome.Stored;
    }

    public Dictionary<string, long> LastOf(IReadOnlyCollection<string> ids)
    {
        var last = new Dictionary<string, long>(ids.Count);
        foreach (var id in ids)
            last[id] = Math.Max(Highest(_lastSegment, id), Highest(_lastRow, id));
        return last;
    }

    public void ReadLog(long above, long to, Action<long, byte[]> row) => ReadLog(_readLog, above, to, row);

    public bool Tidy()
    {
        var free = Query("PRAGMA freelist_count", row => row.Int64(0))[0];
        if (free <= FreePagesToKeep) return false;
        SqliteConnections.Execute(_connection, $"PRAGMA incremental_vacuum({FreePagesAtOnce})");
        return Query("PRAGMA freelist_count", row => row.Int64(0))[0] < free;
    }

    /// <summary>Copies the WAL into the database, so that the database file is complete by itself.</summary>
    public void Finish()
    {
        SqliteConnections.SetBusyTimeout(_connection, _patience); // the checkpoint waits for readers
        SqliteConnections.Execute(_connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
        _connection.Dispose();
    }

    /// <summary>Runs a query over the log.</summary>
    internal static void ReadLog(SqliteStatement query, long above, long to, Action<long, byte[]> row)
    {
        query.Bind(1, above);
        query.Bind(2, to);
        try
        {
            while (query.Step()) row(query.Int64(0), query.Blob(1));
        }
        finally
        {
            query.Reset();
        }
    }

    // The statements exist once the tables do.
    private void PrepareLog()
    {
        _fence = Prepare("SELECT fence FROM journal_state");
        // Two statements: INSERT ... SELECT would copy the row once more.
        _previous = Prepare("SELECT 1 FROM journal_log WHERE n = ?1");
        _insertCommit = Prepare("INSERT INTO journal_log VALUES (?1, ?2)");
        _insertSegment = Prepare("""
            INSERT INTO journal_segment VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id, first) DO UPDATE
            SET last = excluded.last, ended = excluded.ended, body = excluded.body WHERE excluded.last >= last
            """);
        _trimSegments = Prepare("DELETE FROM journal_segment WHERE id = ?1 AND first < ?2 AND last < ?2");
        _removeRows = Prepare("""
            DELETE FROM journal_log
            WHERE n IN (SELECT n FROM journal_log WHERE n > ?1 AND n <= ?2 ORDER BY n LIMIT ?3)
            """);
        _setHead = Prepare("UPDATE journal_writer SET number = ?2, sum = ?3 WHERE writer = ?1 AND number < ?2");
        _close = Prepare("DELETE FROM journal_writer WHERE writer = ?1");
        _lastSegment = Prepare("SELECT last FROM journal_segment WHERE id = ?1 ORDER BY first DESC LIMIT 1");
        _lastRow = Prepare(
            $"SELECT {_table.SequenceNumber} FROM {_table.Name} WHERE {_table.PersistenceId} = ?1 "
            + $"ORDER BY {_table.SequenceNumber} DESC LIMIT 1");
        _readLog = Prepare(LogTables.ReadLog.Replace("@above", "?1").Replace("@to", "?2"));
    }

    private bool Insert(LogCommit commit)
    {
        // The row before must be there, unless it is the first one: else the database was set back.
        if (commit.Number - 1 != LogCommit.Base(LogCommit.WriterOf(commit.Number)))
        {
            _previous.Bind(1, commit.Number - 1);
            var isThere = _previous.Step();
            _previous.Reset();
            if (!isThere) return false;
        }

        _insertCommit.Bind(1, commit.Number);
        _insertCommit.Bind(2, commit.Body.Span);
        _insertCommit.Run();
        return true;
    }

    private void Compact(LogTransaction transaction)
    {
        foreach (var (id, below) in transaction.Trims)
        {
            _trimSegments.Bind(1, id);
            _trimSegments.Bind(2, below);
            _trimSegments.Run();
        }

        foreach (var segment in transaction.Segments)
        {
            _insertSegment.Bind(1, segment.Id);
            _insertSegment.Bind(2, segment.First);
            _insertSegment.Bind(3, segment.Last);
            _insertSegment.Bind(4, segment.Ended);
            _insertSegment.Bind(5, segment.Body);
            _insertSegment.Run();
        }

        if (transaction.Removed is { } removed)
        {
            _removeRows.Bind(1, removed.Above);
            _removeRows.Bind(2, removed.To);
            _removeRows.Bind(3, removed.AtMost);
            _removeRows.Run();
            transaction.RemovedRows = _removeRows.Changes;
        }

        if (transaction.Head is { } head)
        {
            _setHead.Bind(1, head.Writer);
            _setHead.Bind(2, head.Number);
            _setHead.Bind(3, head.Sum);
            _setHead.Run();
        }

        if (transaction.Closed == 0) return;
        _close.Bind(1, transaction.Closed);
        _close.Run();
    }

    // SQLite has no queue for its lock, and its own wait polls less and less often: among nodes that write all the
    // time, one node waited for up to a second. Polling each millisecond finds the gap between two commits of other
    // nodes.
    private void Begin()
    {
        // SQLite would write on to a file that has no name any more.
        if (FileIdentity.Of(_path) != _file) throw new JournalDamagedException(LogTables.Another);
        var began = Stopwatch.GetTimestamp();
        while (!_begin.TryRun())
        {
            if (Stopwatch.GetElapsedTime(began) >= _patience)
            {
                _begin.Run(); // throws the failure
                return;
            }
        }
    }

    private void InsertRows(WriteRequest request)
    {
        _insertRow.Bind(1, request.PersistenceId);
        foreach (ref readonly var row in request.Stored.AsSpan())
        {
            _insertRow.Bind(2, row.SequenceNr);
            _insertRow.Bind(3, row.Created);
            _insertRow.Bind(4, row.Message.Span);
            _insertRow.Bind(5, row.Identifier);
            _insertRow.Bind(6, row.Manifest);
            _insertRow.Bind(7, row.WriterUuid);
            _insertRow.Run();
        }

        if (request.TrimBelow == 0) return;
        _trimRows.Bind(1, request.PersistenceId);
        _trimRows.Bind(2, request.TrimBelow);
        _trimRows.Run();
    }

    private static long Highest(SqliteStatement query, string id)
    {
        query.Bind(1, id);
        var number = query.Step() ? query.Int64(0) : 0;
        query.Reset();
        return number;
    }

    private static LogHead Head(SqliteStatement row, string node) =>
        new(row.Int64(0), node, row.Int64(1), (uint)row.Int64(2));

    private static string Numbered(string text) => text.Replace("@node", "?1").Replace("@writer", "?2");

    private SqliteStatement Prepare(string text)
    {
        var statement = new SqliteStatement(_connection, text);
        _statements.Add(statement);
        return statement;
    }

    private void Run(string text, params object[] values) => Query(text, _ => 0, values);

    // For what happens seldom.
    private List<T> Query<T>(string text, Func<SqliteStatement, T> read, params object[] values)
    {
        using var statement = new SqliteStatement(_connection, text);
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is string name) statement.Bind(i + 1, name);
            else statement.Bind(i + 1, Convert.ToInt64(values[i], System.Globalization.CultureInfo.InvariantCulture));
        }

        var rows = new List<T>();
        while (statement.Step()) rows.Add(read(statement));
        return rows;
    }

    private static bool IsRowsFault(SqliteException e) =>
        e.SqliteErrorCode is raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH;
}
