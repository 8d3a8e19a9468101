using System.Data.Common;
using System.Security.Cryptography;
using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Journal;

/// <summary>
/// Moves a journal of the version before to the log: the records of each entity become segments. All of it is copied
/// first, and the old rows are removed only when that is complete. A crash in between loses nothing: the next start
/// goes on where it was.
/// </summary>
/// <remarks>
/// The rows of Akka's own actors stay in the package's table, under its new name. A table with the old name and without
/// columns of its own is left behind: a node of the version before refuses the journal, where it would otherwise start
/// each object with an empty state.
/// </remarks>
/// <param name="connection">An open connection that nobody else uses.</param>
/// <param name="isSqlite">Whether the database is SQLite, and not PostgreSQL.</param>
public sealed class JournalMigration(DbConnection connection, bool isSqlite)
{
    private const string Table = JournalMarker.PackageTable;
    private const string OldTable = JournalMarker.Table;

    // A locked database must not hold up a node that has nothing to move.
    private const int LookSeconds = 5;

    private int _timeout = LookSeconds;

    private const int EntitiesAtOnce = 200;

    // Rows of the log's own are bounded as well: a row of any size would have to fit into memory as a whole.
    private const int SegmentBytes = 4 << 20;

    private string Order => isSqlite ? "persistence_id" : "persistence_id COLLATE \"C\"";

    /// <summary>Whether a journal of the version before is here that has to be moved, in whole or in part.</summary>
    public bool IsNeeded()
    {
        _timeout = LookSeconds;
        return HasOldTable() || IsCleanupNeeded();
    }

    /// <summary>Moves the journal. It is in no other node's use meanwhile.</summary>
    /// <param name="report">Told how many of how many entities are moved.</param>
    /// <param name="cancelled">Stops between two transactions.</param>
    public void Run(Action<long, long> report, CancellationToken cancelled)
    {
        _timeout = 0; // none: a large journal takes its time
        if (HasOldTable())
        {
            Copy(Begin(), report, cancelled);
            End();
        }

        while (IsCleanupNeeded()) RemoveSome(cancelled);
        if (isSqlite) Execute("PRAGMA auto_vacuum=INCREMENTAL; VACUUM"); // gives back what the old rows took
    }

    private bool HasOldTable() => Count(JournalMarker.CountOld(isSqlite)) > 0;

    private bool HasTable(string name) => Count(isSqlite
        ? $"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '{name}'"
        : $"SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = '{name}'") > 0;

    private bool IsCleanupNeeded() => HasTable(Table) && Count(
        $"SELECT count(*) FROM (SELECT 1 FROM {Table} WHERE identifier = {JournalRecordSerializer.SerializerId} LIMIT 1) AS found") > 0;

    // The format says that the move is not complete: no node uses the journal until it is.
    private uint Begin()
    {
        using var transaction = connection.BeginTransaction();
        foreach (var statement in LogTables.Make(isSqlite)) Execute(statement, transaction);
        Execute(LogTables.InsertState, transaction, ("format", LogTables.Moving),
            ("salt", (long)RandomNumberGenerator.GetInt32(int.MaxValue)));
        transaction.Commit();
        return (uint)Count("SELECT salt FROM journal_state");
    }

    private void Copy(uint salt, Action<long, long> report, CancellationToken cancelled)
    {
        var last = Text($"SELECT max(id{(isSqlite ? "" : " COLLATE \"C\"")}) FROM journal_segment") ?? string.Empty;
        var all = Count($"SELECT count(DISTINCT persistence_id) FROM {OldTable} WHERE {Ours}");
        var done = Count("SELECT count(DISTINCT id) FROM journal_segment");
        while (true)
        {
            report(done, all);
            cancelled.ThrowIfCancellationRequested();
            var ids = NextIds(last);
            if (ids.Count == 0) return;
            using var transaction = connection.BeginTransaction();
            CopyEntities(ids[0], ids[^1], salt, transaction);
            transaction.Commit();
            done += ids.Count;
            last = ids[^1];
        }
    }

    private static string Ours => $"identifier = {JournalRecordSerializer.SerializerId}";

    private List<string> NextIds(string after)
    {
        using var command = Command(
            $"""
             SELECT persistence_id FROM {OldTable} WHERE {Ours} AND {Order} > @after
             GROUP BY persistence_id ORDER BY {Order} LIMIT {EntitiesAtOnce}
             """, null, ("after", after));
        using var rows = command.ExecuteReader();
        var ids = new List<string>();
        while (rows.Read()) ids.Add(rows.GetString(0));
        return ids;
    }

    private void CopyEntities(string first, string last, uint salt, DbTransaction transaction)
    {
        var segments = new List<LogSegment>();
        var bytes = new LogBytes();
        var (id, from, to, ended, isSnapshot) = (string.Empty, 0L, 0L, false, false);
        using (var command = Command(
            $"""
             SELECT persistence_id, sequence_number, deleted, message, manifest FROM {OldTable}
             WHERE {Ours} AND {Order} >= @first AND {Order} <= @last ORDER BY {Order}, sequence_number
             """, transaction, ("first", first), ("last", last)))
        using (var rows = command.ExecuteReader())
        {
            while (rows.Read())
            {
                var (entity, number, isDeleted) = (rows.GetString(0), rows.GetInt64(1), rows.GetBoolean(2));
                if (entity != id || bytes.Length > SegmentBytes || number != to + 1) Flush();
                if (entity != id) isSnapshot = false;
                if (bytes.Length == 0) (id, from, ended) = (entity, number, isDeleted);
                var isPiece = rows.GetString(4) == JournalRecordSerializer.SnapshotManifest;
                var kind = isDeleted ? LogEntryKind.End
                    : !isPiece ? LogEntryKind.Record
                    : isSnapshot ? LogEntryKind.SnapshotPiece : LogEntryKind.SnapshotStart;
                isSnapshot = isPiece && !isDeleted;
                var payload = isDeleted ? [] : rows.GetFieldValue<byte[]>(3);
                new LogEntry(kind, number, payload).AddTo(bytes);
                to = number;
            }
        }

        Flush();
        foreach (var segment in segments) Insert(segment, transaction);

        void Flush()
        {
            if (bytes.Length == 0) return;
            var end = ended && from == to ? TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() : (long?)null;
            segments.Add(LogSegment.Make(id, from, to, end, salt, [bytes.ToArray()]));
            bytes.Clear();
        }
    }

    private void Insert(LogSegment segment, DbTransaction transaction) => Execute(
        """
        INSERT INTO journal_segment VALUES (@id, @first, @last, @ended, @body) ON CONFLICT (id, first) DO UPDATE
        SET last = excluded.last, ended = excluded.ended, body = excluded.body
        """,
        transaction, ("id", segment.Id), ("first", segment.First), ("last", segment.Last),
        ("ended", (object?)segment.Ended ?? DBNull.Value), ("body", segment.Body));

    private void End()
    {
        using var transaction = connection.BeginTransaction();
        Execute($"UPDATE journal_state SET format = {LogTables.Format}", transaction);
        // A node that has started too early has made its table, and could not write to it.
        Execute($"DROP TABLE IF EXISTS {Table}", transaction);
        Execute($"ALTER TABLE {OldTable} RENAME TO {Table}", transaction);
        Execute(JournalMarker.Make, transaction);
        transaction.Commit();
    }

    private void RemoveSome(CancellationToken cancelled)
    {
        cancelled.ThrowIfCancellationRequested();
        Execute($"""
            DELETE FROM {Table} WHERE ordering IN (SELECT ordering FROM {Table} WHERE {Ours} LIMIT 20000)
            """);
    }

    private long Count(string text) =>
        Convert.ToInt64(Scalar(text), System.Globalization.CultureInfo.InvariantCulture);

    private string? Text(string text) => Scalar(text) as string;

    private object? Scalar(string text)
    {
        using var command = Command(text, null);
        return command.ExecuteScalar();
    }

    private void Execute(string text, DbTransaction? transaction = null, params (string Name, object Value)[] values)
    {
        using var command = Command(text, transaction, values);
        command.ExecuteNonQuery();
    }

    private DbCommand Command(string text, DbTransaction? transaction, params (string Name, object Value)[] values)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        command.CommandTimeout = _timeout;
        command.Transaction = transaction;
        foreach (var (name, value) in values)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
