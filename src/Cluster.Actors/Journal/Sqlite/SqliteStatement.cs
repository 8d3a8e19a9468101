using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Cluster.Actors.Journal.Sqlite;

/// <summary>
/// A reusable prepared statement below ADO.NET: no parameter objects, no boxing, no copy of a payload, and no sleeping
/// retry on a busy database (SQLite's own busy timeout does that).
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    /// <exception cref="SqliteException">The text is not a valid statement for the database.</exception>
    public SqliteStatement(SqliteConnection connection, string text)
    {
        _database = connection.Handle!;
        Check(raw.sqlite3_prepare_v3(_database, text, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public void Bind(int index, string value) => Check(raw.sqlite3_bind_text(_statement, index, value));

    public void Bind(int index, long value) => Check(raw.sqlite3_bind_int64(_statement, index, value));

    /// <summary>SQLite copies the bytes. An empty span becomes an empty blob, not null.</summary>
    public void Bind(int index, ReadOnlySpan<byte> value) => Check(value.IsEmpty
        ? raw.sqlite3_bind_zeroblob(_statement, index, 0)
        : raw.sqlite3_bind_blob(_statement, index, value));

    public void Bind(int index, long? value)
    {
        if (value is { } number) Bind(index, number);
        else Check(raw.sqlite3_bind_null(_statement, index));
    }

    /// <summary>The rows that the last run has changed.</summary>
    public int Changes => raw.sqlite3_changes(_database);

    public long? NullableInt64(int column) =>
        raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL ? null : Int64(column);

    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string() ?? string.Empty;

    public byte[] Blob(int column) => raw.sqlite3_column_blob(_statement, column).ToArray();

    /// <summary>Runs up to the next row. True: there is a row. False: the statement is done.</summary>
    /// <exception cref="SqliteException">The statement failed.</exception>
    public bool Step() => IsRow(raw.sqlite3_step(_statement));

    /// <summary>Runs a statement without rows, and resets it.</summary>
    public void Run()
    {
        Step();
        Reset();
    }

    /// <summary>Like <see cref="Run"/>. Returns false if another connection holds the lock.</summary>
    /// <exception cref="SqliteException">The statement failed for another reason.</exception>
    public bool TryRun()
    {
        var code = raw.sqlite3_step(_statement);
        var isBusy = (code & 0xff) == raw.SQLITE_BUSY;
        if (!isBusy) IsRow(code);
        Reset();
        return !isBusy;
    }

    /// <summary>Resets the statement. It repeats errors of the last step, which are already known.</summary>
    public void Reset() => raw.sqlite3_reset(_statement);

    public void Dispose() => _statement.Dispose();

    private bool IsRow(int code)
    {
        if (code is raw.SQLITE_ROW or raw.SQLITE_DONE) return code == raw.SQLITE_ROW;
        var failure = Failure(code);
        Reset();
        throw failure;
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw Failure(code);
    }

    private SqliteException Failure(int code) => new(
        $"SQLite error {code & 0xff}: {raw.sqlite3_errmsg(_database).utf8_to_string()}",
        code & 0xff,
        raw.sqlite3_extended_errcode(_database));
}
