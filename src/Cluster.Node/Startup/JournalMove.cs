using System.Data.Common;
using System.Globalization;
using Cluster.Actors.Journal;
using Cluster.Node.Settings;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Cluster.Node.Startup;

/// <summary>Moves a journal of the version before to the format of this version, before the node starts.</summary>
internal sealed class JournalMove(NodeOptions options, TextWriter output, TimeProvider time)
{
    private const string InUse = "the journal was written by a version before, and other nodes use it: stop all nodes, and "
        + "start one of this version, which moves the journal to its format";
    private const string PgLock = "hashtext('cluster_record'), hashtext(current_schema())";

    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    private long _saidAt;

    /// <summary>Completes when the journal has this version's format, or is new.</summary>
    /// <exception cref="StartException">Other nodes use the journal.</exception>
    public async Task RunAsync(CancellationToken cancelled)
    {
        var began = time.GetTimestamp();
        while (!await TryAsync(cancelled))
        {
            // Another node that starts may be moving it.
            if (time.GetElapsedTime(began) > Patience) throw new StartException(InUse);
            await Task.Delay(RetryAfter, time, cancelled);
        }
    }

    private async Task<bool> TryAsync(CancellationToken cancelled)
    {
        var text = JournalSettings.PostgreSql(options);
        try
        {
            await using DbConnection connection = text is null ? OpenSqlite() : OpenPostgreSql(text);
            await connection.OpenAsync(cancelled);
            var migration = new JournalMigration(connection, isSqlite: text is null);
            if (!migration.IsNeeded()) return true;
            if (!await LockAsync(connection, isSqlite: text is null, cancelled)) return false;
            await SayAsync("cluster-node: moving the journal to the format of this version");
            await Task.Run(() => migration.Run(Report, cancelled), cancelled);
            await SayAsync("cluster-node: the journal has the format of this version now");
            return true;
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is SQLitePCL.raw.SQLITE_BUSY)
        {
            return false;
        }
        catch (Exception exception) when (exception is SqliteException or NpgsqlException)
        {
            throw new StartException(
                $"the journal of a version before could not be moved: {exception.Message}. Nothing is lost: the old rows "
                + "stay until all are moved, and the next start goes on");
        }
    }

    private SqliteConnection OpenSqlite() => new(new SqliteConnectionStringBuilder
    {
        DataSource = JournalSettings.SqlitePath(options), Pooling = false, DefaultTimeout = 1,
    }.ToString());

    private static NpgsqlConnection OpenPostgreSql(NpgsqlConnectionStringBuilder text)
    {
        text.Pooling = false;
        return new NpgsqlConnection(text.ToString());
    }

    // SQLite: no other connection of any process may be open. PostgreSQL: no node has the lock of a cluster, and none
    // of a version before that lock is connected.
    private static async Task<bool> LockAsync(DbConnection connection, bool isSqlite, CancellationToken cancelled)
    {
        await using var command = connection.CreateCommand();
        if (isSqlite)
        {
            command.CommandText = "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT";
            await command.ExecuteNonQueryAsync(cancelled);
            return true;
        }

        command.CommandText = $"""
            SELECT pg_try_advisory_lock({PgLock}) AND NOT EXISTS (SELECT 1 FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'cluster-journal')
            """;
        return await command.ExecuteScalarAsync(cancelled) is true;
    }

    private void Report(long done, long all)
    {
        if (time.GetElapsedTime(_saidAt) < SayEvery) return;
        _saidAt = time.GetTimestamp();
        var share = all == 0 ? 1 : (double)done / all;
        var bar = new string('#', (int)(share * 20)).PadRight(20, '.');
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"cluster-node: moving the journal [{bar}] {share:P0}: {done} of {all} objects"));
        output.Flush();
    }

    private async Task SayAsync(string line)
    {
        await output.WriteLineAsync(line);
        await output.FlushAsync(CancellationToken.None);
    }
}
