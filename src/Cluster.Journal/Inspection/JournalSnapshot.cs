using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Cluster.Journal.Inspection;

/// <summary>
/// A journal as of one moment, in a transaction that only reads: nodes may go on writing. For one thread, and for one
/// query at a time.
/// </summary>
internal abstract class JournalSnapshot : IDisposable
{
    // Versions before this format had all events in a table of this name, with a column of this name.
    private const string FormerTable = "journal";
    private const string FormerColumn = "persistence_id";

    private readonly DbConnection _connection;
    private readonly DbTransaction _transaction;

    /// <summary>Takes a connection whose transaction has begun.</summary>
    protected JournalSnapshot(DbConnection connection, DbTransaction transaction) =>
        (_connection, _transaction) = (connection, transaction);

    /// <summary>Opens a journal.</summary>
    /// <exception cref="JournalUnreadableException">It cannot be reached.</exception>
    /// <exception cref="JournalDamagedException">It is a SQLite file whose first pages are damaged.</exception>
    public static JournalSnapshot Open(JournalPlace place)
    {
        try
        {
            return place.File is { } file
                ? SqliteSnapshot.Open(file)
                : PostgreSqlSnapshot.Open(place.ConnectionString!);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_CORRUPT)
        {
            throw new JournalDamagedException($"{place}: its first pages are damaged: {exception.Message}");
        }
        catch (Exception exception) when (exception is DbException or IOException or TimeoutException)
        {
            throw new JournalUnreadableException($"{place} cannot be opened: {exception.Message}", exception);
        }
    }

    /// <summary>What the database itself finds wrong with its pages, a line each. Reads all of them.</summary>
    public abstract IReadOnlyList<string> FindDamage();

    /// <summary>Whether there is a table.</summary>
    public abstract bool Has(string table);

    /// <summary>Whether a table has a column.</summary>
    public abstract bool Has(string table, string column);

    /// <summary>Reads the salt of the journal.</summary>
    /// <exception cref="JournalUnreadableException">There is no journal of this format.</exception>
    public uint ReadSalt()
    {
        if (!Has("journal_state"))
        {
            throw new JournalUnreadableException(Has(FormerTable, FormerColumn)
                ? "this journal is of a version before, which had no journal_state. It is not damaged for that: a node of "
                    + "this version moves it to its format when it starts"
                : "there is no journal in this database: it has no table journal_state");
        }

        var rows = Query(LogTables.ReadState, row => (row.GetInt64(0), row.GetInt64(1))).ToArray();
        try
        {
            return LogTables.Check(
                rows.Length > 0 ? rows[0] : throw new JournalDamagedException("journal_state has no row"), null);
        }
        catch (JournalDamagedException exception)
        {
            throw new JournalUnreadableException(exception.Message, exception);
        }
    }

    /// <summary>All writers, in the order of their numbers.</summary>
    public JournalWriter[] ReadWriters() =>
    [
        .. Query(LogTables.ReadWriters, row => new JournalWriter(
            new LogHead(row.GetInt64(0), row.GetString(1), row.GetInt64(2), unchecked((uint)row.GetInt64(3))),
            Convert.ToInt64(row.GetValue(4), CultureInfo.InvariantCulture) != 0)),
    ];

    /// <summary>All rows of the log, in the order of their numbers: those of one writer together.</summary>
    public IEnumerable<(long Number, byte[] Body)> ReadLog() =>
        Query("SELECT n, body FROM journal_log ORDER BY n", row => (row.GetInt64(0), Bytes(row, 1)));

    /// <summary>All segments of one entity or of all, by entity, in the order of their first numbers.</summary>
    /// <param name="id">The entity; null: all.</param>
    public IEnumerable<LogSegment> ReadSegments(string? id)
    {
        const string Columns = "SELECT id, first, last, ended, body FROM journal_segment";
        return id is null
            ? Query($"{Columns} ORDER BY id, first", Segment)
            : Query($"{Columns} WHERE id = @id ORDER BY first", Segment, id);
    }

    public void Dispose()
    {
        _transaction.Dispose();
        _connection.Dispose();
    }

    /// <summary>Reads rows one by one.</summary>
    protected IEnumerable<T> Query<T>(string text, Func<DbDataReader, T> read, string? id = null)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = text;
        command.CommandTimeout = 0; // of a large journal it may take long
        command.Transaction = _transaction;
        if (id is not null)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ("id", id);
            command.Parameters.Add(parameter);
        }

        using var rows = command.ExecuteReader();
        while (rows.Read()) yield return read(rows);
    }

    private static LogSegment Segment(DbDataReader row) => new(
        row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetInt64(3), Bytes(row, 4));

    // A SQLite column may hold a value of any type. Only bytes are a body.
    private static byte[] Bytes(DbDataReader row, int column) => row.GetValue(column) as byte[] ?? [];
}
