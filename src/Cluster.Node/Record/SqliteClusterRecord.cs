using Microsoft.Data.Sqlite;

namespace Cluster.Node.Record;

/// <summary>The record in a SQLite file. The lock is flock(2) on a file beside it.</summary>
/// <param name="path">The journal.</param>
internal sealed class SqliteClusterRecord(string path) : IClusterRecord
{
    private const int BusySeconds = 5;

    private readonly string _lockPath = path + "-cluster";
    private FileStream? _lock;
    private SqliteConnection? _connection;

    public Task<ClusterRow?> ReadAsync(CancellationToken cancelled) => UseAsync(connection =>
    {
        using var read = new SqliteCommand(ClusterRow.Read, connection);
        return ReadRow(read);
    }, cancelled);

    public Task<ClusterRow?> TryFormAsync(
        long clockMs, string self, CancellationToken cancelled) => UseAsync(connection =>
    {
        // FileShare.None is an exclusive flock(2), or an error at once. A node whose last attempt failed after this has
        // the lock already: another open file would have to wait for it.
        if (_lock is not { CanWrite: true } && !TryLock(FileAccess.ReadWrite, FileShare.None)) return null;
        using var form = new SqliteCommand(ClusterRow.Form, connection);
        form.Parameters.AddWithValue("@clock", clockMs);
        form.Parameters.AddWithValue("@members", self);
        return ReadRow(form);
    }, cancelled);

    // flock(2) cannot turn an exclusive lock into a shared one atomically. Whoever forms a cluster in between is the
    // younger one.
    public Task<bool> TryShareAsync(CancellationToken cancelled) => Task.Run(() =>
    {
        if (_lock is { CanWrite: false } && !IsDeleted(_lock)) return true;
        _lock?.Dispose();
        _lock = null;
        if (!File.Exists(_lockPath)) File.Open(_lockPath, FileMode.OpenOrCreate).Dispose();
        return TryLock(FileAccess.Read, FileShare.Read);
    }, cancelled);

    public Task AdoptAsync(ClusterRow row, CancellationToken cancelled) => WriteAsync(ClusterRow.Adopt, row, cancelled);

    public Task BeatAsync(ClusterRow row, CancellationToken cancelled) => WriteAsync(ClusterRow.Beat, row, cancelled);

    private Task WriteAsync(string statement, ClusterRow row, CancellationToken cancelled) => UseAsync(connection =>
    {
        using var write = new SqliteCommand(statement, connection);
        write.Parameters.AddWithValue("@epoch", row.Epoch);
        write.Parameters.AddWithValue("@clock", row.ClockMs);
        write.Parameters.AddWithValue("@members", ClusterRow.Join(row.Members));
        return write.ExecuteNonQuery();
    }, cancelled);

    public ValueTask DisposeAsync()
    {
        _connection?.Dispose();
        _lock?.Dispose();
        return ValueTask.CompletedTask;
    }

    // Somebody may remove the file. A node that starts makes a new one, so the members have to lock that.
    private static bool IsDeleted(FileStream file) =>
        new FileInfo($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}").LinkTarget
            ?.EndsWith(" (deleted)", StringComparison.Ordinal) == true;

    // SQLite works on the calling thread.
    private Task<T> UseAsync<T>(Func<SqliteConnection, T> action, CancellationToken cancelled) => Task.Run(() =>
    {
        try
        {
            return action(_connection ??= Open());
        }
        catch (SqliteException)
        {
            _connection?.Dispose();
            _connection = null;
            throw;
        }
    }, cancelled);

    private bool TryLock(FileAccess access, FileShare share)
    {
        try
        {
            _lock = new FileStream(_lockPath, FileMode.OpenOrCreate, access, share);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private SqliteConnection Open()
    {
        var text =
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = BusySeconds };
        var connection = new SqliteConnection(text.ToString());
        connection.Open();
        // A power failure ends all nodes, so the last second of the record may be lost with it: no sync is needed.
        using var make = new SqliteCommand("PRAGMA synchronous=NORMAL; " + ClusterRow.Make, connection);
        make.ExecuteNonQuery();
        return connection;
    }

    private static ClusterRow? ReadRow(SqliteCommand command)
    {
        using var reader = command.ExecuteReader();
        return reader.Read() ? ClusterRow.Of(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2)) : null;
    }
}
