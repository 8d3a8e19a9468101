using Akka.Actor;
using Akka.Configuration;
using Cluster.Actors.Journal;
using Cluster.Actors.Journal.Rows;
using Npgsql;

namespace Cluster.Actors.Tests.Journal;

/// <summary>The journal in PostgreSQL.</summary>
public sealed class PostgreSqlJournalTests : JournalContract, IClassFixture<PostgresFixture>
{
    private readonly PostgresFixture _postgres;
    private string _connectionString = string.Empty;

    public PostgreSqlJournalTests(PostgresFixture postgres)
    {
        _postgres = postgres;
    }

    protected override Config JournalConfig
    {
        get
        {
            _postgres.Require();
            return GroupCommitJournalConfig.PostgreSql(_connectionString);
        }
    }

    public override async Task InitializeAsync()
    {
        // Without a server the tests are skipped. This method cannot skip them.
        if (_postgres.IsAvailable) _connectionString = await _postgres.CreateDatabaseAsync();
    }

    [SkippableFact]
    public async Task Writes_go_on_after_their_connection_was_terminated()
    {
        var node = StartNode();
        await StoreAsync(node.Sys.ActorOf(Writer.Props("a", node.TestActor)), "1");
        await PostgresFixture.TerminateConnectionsAsync(_connectionString);
        await StoreUntilItSucceedsAsync(node, "a", "2");

        Assert.Equal(["1", "2"], (await RecoverAsync(node, "a")).Events);
    }

    [SkippableFact]
    public async Task A_stopped_server_fails_writes_and_the_journal_resumes_after_its_restart()
    {
        var node = StartNode();
        var writer = node.Sys.ActorOf(Writer.Props("a", node.TestActor));
        await StoreAsync(writer, "1");
        await _postgres.StopAsync();
        try
        {
            writer.Tell("2", node.TestActor);
            Assert.IsType<JournalUnavailableException>((await node.ExpectMsgAsync<Writer.Failed>(Patience)).Cause);
            node.Sys.ActorOf(Writer.Props("a", node.TestActor));
            Assert.IsType<JournalUnavailableException>((await node.ExpectMsgAsync<Writer.Failed>(Patience)).Cause);
        }
        finally
        {
            await _postgres.StartAsync();
        }

        await StoreUntilItSucceedsAsync(node, "a", "3");
        Assert.Equal(["1", "3"], (await RecoverAsync(node, "a")).Events);
    }

    [SkippableFact]
    public async Task The_journal_retries_a_server_that_is_down_at_the_start()
    {
        _postgres.Require();
        await _postgres.StopAsync();
        Task<Writer.Stored> stored;
        try
        {
            var node = StartNode("akka.persistence.journal.group-commit.initialization-retry-delay = 50ms");
            stored = StoreAsync(node.Sys.ActorOf(Writer.Props("a", node.TestActor)), "1");
            await InitializationFailsAsync(node);
        }
        finally
        {
            // The other tests use the same server.
            await _postgres.StartAsync();
        }

        Assert.Equal(1, (await stored).SequenceNr);
    }

    [SkippableTheory]
    [InlineData("Command Timeout=1")] // the client library cancels the wait for the standby
    [InlineData("Command Timeout=0")] // an operator cancels it
    public async Task A_commit_whose_replication_was_cancelled_is_no_commit(string timeout)
    {
        _postgres.Require();
        var plain = _connectionString;
        _connectionString += ";" + timeout;
        var node = StartNode();
        var writer = node.Sys.ActorOf(Writer.Props("a", node.TestActor));
        await StoreAsync(writer, "1");
        await RequireStandbyAsync(plain, "nobody");
        try
        {
            writer.Tell("2", node.TestActor);
            using var stop = new CancellationTokenSource();
            var cancels = timeout.EndsWith('0') ? CancelCommitsAsync(plain, stop.Token) : Task.CompletedTask;
            var failed = await node.ExpectMsgAsync<Writer.Failed>(Patience);
            await stop.CancelAsync();
            await cancels;
            Assert.IsType<JournalUnavailableException>(failed.Cause);
        }
        finally
        {
            await RequireStandbyAsync(plain, "");
        }

        await StoreUntilItSucceedsAsync(node, "a", "3");
        // The primary has stored what was not replicated. What follows it is replicated after it. A connection that was
        // too slow may have ended before the commit.
        var events = (await RecoverAsync(node, "a")).Events;
        Assert.Equal(["1", "3"], events.Except(["2"]));
        if (timeout.EndsWith('0')) Assert.Contains("2", events);
    }

    private static async Task RequireStandbyAsync(string connection, string name)
    {
        await PostgresFixture.ExecuteAsync(
            connection + ";Options=-c synchronous_commit=off", $"ALTER SYSTEM SET synchronous_standby_names = '{name}'");
        await PostgresFixture.ExecuteAsync(connection, "SELECT pg_reload_conf()");
        // The reload is asynchronous: each session reads the settings before its next command.
        var expected = $"SELECT 1 / (current_setting('synchronous_standby_names') = '{name}')::int";
        while (true)
        {
            try
            {
                await PostgresFixture.ExecuteAsync(connection, expected);
                break;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DivisionByZero)
            {
                await Task.Yield();
            }
        }

        // Commits wait once the server's checkpointer has read the settings too.
        if (name.Length > 0) while (!await WaitsAsync(connection)) await Task.Yield();
    }

    private static async Task<bool> WaitsAsync(string connection)
    {
        using var stop = new CancellationTokenSource();
        var cancels = CancelCommitsAsync(connection, stop.Token);
        var waits = false;
        await using var probe = new NpgsqlConnection(connection + ";Pooling=false");
        probe.Notice += (_, notice) => waits |= notice.Notice.InvariantSeverity == "WARNING";
        await probe.OpenAsync();
        await using var commit = new NpgsqlCommand(
            "SET synchronous_commit = on; CREATE TABLE probe (); DROP TABLE probe", probe);
        await commit.ExecuteNonQueryAsync();
        await stop.CancelAsync();
        await cancels;
        return waits;
    }

    private static async Task CancelCommitsAsync(string connection, CancellationToken stopped)
    {
        while (!stopped.IsCancellationRequested)
        {
            await PostgresFixture.ExecuteAsync(
                connection, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
        }
    }

    [SkippableFact]
    public async Task Writes_that_wait_together_share_a_transaction()
    {
        var node = StartNode();
        var writers = StartWriters(node, "g", 40);
        await Task.WhenAll(writers.Select(w => HistoryAsync(w)));
        var table = await LockTableAsync();
        var stored = writers.Select(w => StoreAsync(w, "x")).ToArray();
        await table.DisposeAsync();
        await Task.WhenAll(stored);

        Assert.InRange(await ScalarAsync("SELECT count(*) FROM journal_log"), 1, 20);
    }

    protected override async Task<IAsyncDisposable> LockTableAsync()
    {
        var connection = new NpgsqlConnection(_connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE journal_log IN EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    protected override Task ExecuteAsync(string text) => PostgresFixture.ExecuteAsync(_connectionString, text);

    protected override async Task<long> ScalarAsync(string text)
    {
        await using var connection = new NpgsqlConnection(_connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(text, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
