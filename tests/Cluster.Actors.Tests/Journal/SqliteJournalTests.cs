using Akka.Actor;
using Akka.Configuration;
using Cluster.Actors.Journal;
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
