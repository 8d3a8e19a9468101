using Akka.Actor;
using Akka.Configuration;
using Cluster.Actors.Journal;
using Cluster.Actors.Journal.Outage;
using Cluster.Actors.Journal.Rows;
using Microsoft.Data.Sqlite;

namespace Cluster.Actors.Tests.Journal;

/// <summary>The journal in a SQLite file.</summary>
public sealed class SqliteJournalTests : JournalContract
{
    private const string ShortBusyTimeout = "akka.persistence.journal.group-commit.group-commit.busy-timeout = 50ms";

    private readonly string _folder = Directory.CreateTempSubdirectory("journal-sqlite-").FullName;

    private string File => Path.Combine(_folder, "journal.db");

    protected override Config JournalConfig => GroupCommitJournalConfig.Sqlite(File);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_locked_database_fails_writes_and_the_journal_resumes()
    {
        var node = StartNode(ShortBusyTimeout);
        var writer = node.Sys.ActorOf(Writer.Props("a", node.TestActor));
        await StoreAsync(writer, "1");
        var table = await LockTableAsync();
        writer.Tell("2", node.TestActor);
        var failed = await node.ExpectMsgAsync<Writer.Failed>(Patience);
        Assert.Contains("locked", Assert.IsType<JournalUnavailableException>(failed.Cause).Message);
        await table.DisposeAsync();

        await StoreUntilItSucceedsAsync(node, "a", "3");
        Assert.Equal(["1", "3"], (await RecoverAsync(node, "a")).Events);
    }

    [Fact]
    public async Task The_journal_retries_a_database_that_it_cannot_open_at_the_start()
    {
        // A directory at the path of the file.
        Directory.CreateDirectory(File);
        var node = StartNode("akka.persistence.journal.group-commit.initialization-retry-delay = 50ms");
        var stored = StoreAsync(node.Sys.ActorOf(Writer.Props("a", node.TestActor)), "1");
        await InitializationFailsAsync(node);
        Directory.Delete(File);

        Assert.Equal(1, (await stored).SequenceNr);
    }

    [Fact]
    public async Task The_WAL_stays_at_a_few_mebibytes()
    {
        var node = StartNode();
        var writer = node.Sys.ActorOf(Writer.Props("big", node.TestActor));
        var text = new string('x', 1 << 20);
        for (var i = 0; i < 40; i++)
            await StoreAsync(writer, text);
        Assert.InRange(new FileInfo(File + "-wal").Length, 1, 40 << 20);

        await StopNodeAsync(node);
        Assert.Equal(40, (await RecoverAsync(StartNode(), "big")).Events.Length);
    }

    [Fact]
    public async Task A_file_that_was_taken_away_is_not_written_to()
    {
        var node = StartNode();
        var probe = ProbeOf<JournalLost>(node);
        var writer = node.Sys.ActorOf(Writer.Props("a", node.TestActor));
        await StoreAsync(writer, "1");
        System.IO.File.Move(File, File + ".away");
        writer.Tell("2", node.TestActor);
        Assert.IsType<JournalUnavailableException>((await node.ExpectMsgAsync<Writer.Failed>(Patience)).Cause);
        Assert.Contains("removed or replaced", (await probe.ExpectMsgAsync<JournalLost>(Patience)).Reason);

        // Nor is a new one made in its place.
        node.Sys.ActorOf(Writer.Props("a", node.TestActor));
        Assert.Contains("removed or replaced", (await node.ExpectMsgAsync<Writer.Failed>(Patience)).Cause.Message);
    }

    [Fact]
    public async Task Free_space_is_given_back()
    {
        // As a node does before its journal is made.
        await ExecuteAsync("PRAGMA auto_vacuum=INCREMENTAL; CREATE TABLE made (at INTEGER)");
        var node = StartNode("akka.persistence.journal.group-commit.group-commit.trim-after = 100ms");
        var writer = node.Sys.ActorOf(Writer.Props("big", node.TestActor));
        var text = new string('x', 1 << 20);
        for (var i = 0; i < 60; i++) await StoreAsync(writer, text);
        writer.Tell(new[] { "small" }, node.TestActor);
        await node.ExpectMsgAsync<Writer.Stored>(Patience);
        while (await ScalarAsync("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") > 12 << 20)
            await Task.Delay(LookEvery);
        Assert.Equal(["small!"], (await RecoverAsync(node, "big")).Events);
    }

    protected override async Task ExecuteAsync(string text)
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        await command.ExecuteNonQueryAsync();
    }

    protected override async Task<long> ScalarAsync(string text)
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        return (long)(await command.ExecuteScalarAsync())!;
    }

    protected override async Task<IAsyncDisposable> LockTableAsync()
    {
        var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private async Task<SqliteConnection> OpenAsync()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }
}
