using Npgsql;

namespace Cluster.Node.Record;

/// <summary>
/// The record in PostgreSQL. The lock is an advisory lock of a session: the server releases it when the connection
/// ends, and ends the connection of a host that is silent for some 10 s.
/// </summary>
internal sealed class PostgreSqlClusterRecord : IClusterRecord
{
    private const string Key = "hashtext('cluster_record'), hashtext(current_schema())";
    private const string Exclusive = $"SELECT pg_try_advisory_lock({Key})";
    private const string Shared = $"SELECT pg_try_advisory_lock_shared({Key})";
    private const string EndExclusive = $"SELECT pg_advisory_unlock({Key})";
    // A crash of the server ends every lock, so the last second of the record may be lost with it: no sync is needed.
    private const string Settings =
        "SET synchronous_commit = off; SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; "
        + "SET tcp_user_timeout = 10000";

    private const int AnswerSeconds = 10;

    private readonly string _text;
    private NpgsqlConnection? _connection;
    private bool _isExclusive;
    private bool _isShared;

    /// <param name="text">How to connect.</param>
    public PostgreSqlClusterRecord(NpgsqlConnectionStringBuilder text)
    {
        text.Pooling = false;
        text.Timeout = Math.Min(AnswerSeconds, text.Timeout);
        text.CommandTimeout = AnswerSeconds;
        text.ApplicationName = "ipc cluster record";
        _text = text.ToString();
    }

    public Task<ClusterRow?> ReadAsync(CancellationToken cancelled) => UseAsync(async connection =>
    {
        await using var read = new NpgsqlCommand(ClusterRow.Read, connection);
        return await ReadRowAsync(read, cancelled);
    }, cancelled);

    public Task<ClusterRow?> TryFormAsync(long clockMs, string self, CancellationToken cancelled) =>
        UseAsync(async connection =>
        {
            if (!await AskAsync(connection, Exclusive, cancelled)) return null;
            _isExclusive = true;
            await using var form = new NpgsqlCommand(ClusterRow.Form, connection);
            form.Parameters.AddWithValue("clock", clockMs);
            form.Parameters.AddWithValue("members", self);
            return await ReadRowAsync(form, cancelled);
        }, cancelled);

    public Task<bool> TryShareAsync(CancellationToken cancelled) => UseAsync(async connection =>
    {
        if (!_isShared) _isShared = await AskAsync(connection, Shared, cancelled);
        if (_isShared && _isExclusive) _isExclusive = !await AskAsync(connection, EndExclusive, cancelled);
        return _isShared;
    }, cancelled);

    public Task AdoptAsync(ClusterRow row, CancellationToken cancelled) => WriteAsync(ClusterRow.Adopt, row, cancelled);

    public Task BeatAsync(ClusterRow row, CancellationToken cancelled) => WriteAsync(ClusterRow.Beat, row, cancelled);

    private Task WriteAsync(string statement, ClusterRow row, CancellationToken cancelled) => UseAsync(async connection =>
    {
        await using var write = new NpgsqlCommand(statement, connection);
        write.Parameters.AddWithValue("epoch", row.Epoch);
        write.Parameters.AddWithValue("clock", row.ClockMs);
        write.Parameters.AddWithValue("members", ClusterRow.Join(row.Members));
        return await write.ExecuteNonQueryAsync(cancelled);
    }, cancelled);

    public ValueTask DisposeAsync() => CloseAsync();

    private async Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> action, CancellationToken cancelled)
    {
        try
        {
            return await action(_connection ??= await OpenAsync(cancelled));
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            await CloseAsync();
            throw;
        }
    }

    // The locks are gone with the connection.
    private async ValueTask CloseAsync()
    {
        (_isExclusive, _isShared) = (false, false);
        if (_connection is { } connection) await connection.DisposeAsync();
        _connection = null;
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancelled)
    {
        var connection = new NpgsqlConnection(_text);
        try
        {
            await connection.OpenAsync(cancelled);
            await using var settings = new NpgsqlCommand(Settings, connection);
            await settings.ExecuteNonQueryAsync(cancelled);
            await MakeAsync(connection, cancelled);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task MakeAsync(NpgsqlConnection connection, CancellationToken cancelled)
    {
        // Whoever may only use the table needs no right to make it.
        const string IsThere = "SELECT to_regclass('cluster_record') IS NOT NULL";
        if (await AskAsync(connection, IsThere, cancelled)) return;
        try
        {
            await using var make = new NpgsqlCommand(ClusterRow.Make, connection);
            await make.ExecuteNonQueryAsync(cancelled);
        }
        catch (PostgresException exception) when (exception.SqlState
            is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateTable)
        {
            // Another node creates the table at this moment. IF NOT EXISTS does not cover that race.
        }
    }

    private static async Task<bool> AskAsync(NpgsqlConnection connection, string query, CancellationToken cancelled)
    {
        await using var command = new NpgsqlCommand(query, connection);
        return await command.ExecuteScalarAsync(cancelled) is true;
    }

    private static async Task<ClusterRow?> ReadRowAsync(NpgsqlCommand command, CancellationToken cancelled)
    {
        await using var reader = await command.ExecuteReaderAsync(cancelled);
        return await reader.ReadAsync(cancelled)
            ? ClusterRow.Of(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2))
            : null;
    }
}
