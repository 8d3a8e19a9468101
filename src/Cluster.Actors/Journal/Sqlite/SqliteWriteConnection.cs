using System.Diagnostics;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Cluster.Actors.Journal.Sqlite;

/// <summary>The writer's connection to a SQLite file.</summary>
internal sealed class SqliteWriteConnection : IWriteConnection
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(1);

    private readonly SqliteConnection _connection;
    private readonly TimeSpan _patience;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _rollback;
    private readonly SqliteStatement _savepoint;
    private readonly SqliteStatement _release;
    private readonly SqliteStatement _rollbackToSavepoint;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _trim;

    public SqliteWriteConnection(GroupCommitSettings settings)
    {
        _connection = SqliteConnections.Open(settings);
        _patience = settings.BusyTimeout;
        try
        {
            // A commit returns only when the WAL is on the disk.
            SqliteConnections.Execute(_connection, "PRAGMA synchronous=FULL");
            // SQLite copies the WAL into the database every 4 MiB, and truncates the WAL after a larger transaction.
            SqliteConnections.Execute(_connection, "PRAGMA wal_autocheckpoint=1000");
            SqliteConnections.Execute(_connection, "PRAGMA journal_size_limit=8388608");
            var table = settings.Table;
            SqliteConnections.Execute(_connection, table.Purge(TimeProvider.System.GetUtcNow()));
            // Drops two indexes of the package that no query uses: each row would dirty two more pages.
            foreach (var index in table.SpareIndexes)
                SqliteConnections.Execute(_connection, $"DROP INDEX IF EXISTS {index}");
            // Immediate: takes the write lock before the first insert.
            _begin = new SqliteStatement(_connection, "BEGIN IMMEDIATE");
            _commit = new SqliteStatement(_connection, "COMMIT");
            _rollback = new SqliteStatement(_connection, "ROLLBACK");
            _savepoint = new SqliteStatement(_connection, "SAVEPOINT request");
            _release = new SqliteStatement(_connection, "RELEASE request");
            _rollbackToSavepoint = new SqliteStatement(_connection, "ROLLBACK TO request");
            _insert = new SqliteStatement(
                _connection,
                $"INSERT INTO {table.Name} ({table.WrittenColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)");
            _trim = new SqliteStatement(
                _connection,
                $"DELETE FROM {table.Name} WHERE {table.PersistenceId} = ?1 AND {table.SequenceNumber} < ?2");
            SqliteConnections.SetBusyTimeout(_connection, LookEvery);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public void Write(List<WriteRequest> batch)
    {
        Begin();
        try
        {
            foreach (var request in batch) Insert(request);
        }
        catch (SqliteException e) when (IsRowsFault(e))
        {
            _rollback.Run();
            throw Refused(e);
        }

        _commit.Run();
    }

    public void WriteEach(List<WriteRequest> batch)
    {
        Begin();
        foreach (var request in batch)
        {
            _savepoint.Run();
            try
            {
                Insert(request);
            }
            catch (SqliteException e) when (IsRowsFault(e))
            {
                _rollbackToSavepoint.Run();
                request.Failure = Refused(e).FailureOf(request);
            }

            _release.Run();
        }

        _commit.Run();
    }

    /// <summary>Copies the WAL into the database, so that the database file is complete by itself.</summary>
    public void Finish()
    {
        SqliteConnections.SetBusyTimeout(_connection, _patience); // the checkpoint waits for readers
        SqliteConnections.Execute(_connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])
            [_begin, _commit, _rollback, _savepoint, _release, _rollbackToSavepoint, _insert, _trim])
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    // SQLite has no queue for its lock, and its own wait polls less and less often: among nodes that write all the
    // time, one node waited for up to a second. Polling each millisecond finds the gap between two commits of other
    // nodes.
    private void Begin()
    {
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

    private void Insert(WriteRequest request)
    {
        _insert.Bind(1, request.PersistenceId);
        foreach (ref readonly var row in request.Stored.AsSpan())
        {
            _insert.Bind(2, row.SequenceNr);
            _insert.Bind(3, row.Created);
            _insert.Bind(4, row.Message.Span);
            _insert.Bind(5, row.Identifier);
            _insert.Bind(6, row.Manifest);
            _insert.Bind(7, row.WriterUuid);
            _insert.Run();
        }

        if (request.TrimBelow == 0) return;
        _trim.Bind(1, request.PersistenceId);
        _trim.Bind(2, request.TrimBelow);
        _trim.Run();
    }

    private static bool IsRowsFault(SqliteException e) =>
        e.SqliteErrorCode is raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH;

    private static RowsRefusedException Refused(SqliteException e) => new(
        e.SqliteExtendedErrorCode is raw.SQLITE_CONSTRAINT_UNIQUE or raw.SQLITE_CONSTRAINT_PRIMARYKEY, e);
}
