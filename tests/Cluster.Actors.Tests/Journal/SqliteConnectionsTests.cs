using Akka.Persistence.Sql;
using Cluster.Actors.Journal;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Sqlite;
using Microsoft.Data.Sqlite;

namespace Cluster.Actors.Tests.Journal;

/// <summary>Connections to a SQLite file, below the journal that uses them.</summary>
public sealed class SqliteConnectionsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("journal-connections-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // SQLite refuses one of two connections that change the mode of a file at once, without the wait that it grants
    // to any other lock: the journal's threads all open theirs at the first request of a new file.
    [Fact]
    public async Task ManyConnectionsOpenANewFileAtOnce()
    {
        for (var round = 0; round < 100; round++)
        {
            var settings = SettingsOf(Path.Combine(_folder, $"{round}.db"));
            MakeTable(settings);
            using var start = new Barrier(4);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    using var connection = SqliteConnections.Open(settings);
                    Assert.Equal("wal", ModeOf(connection));
                },
                TaskCreationOptions.LongRunning)));
        }
    }

    private static GroupCommitSettings SettingsOf(string file) => GroupCommitSettings.From(
        GroupCommitJournalConfig.Sqlite(file)
            .GetConfig(GroupCommitJournalConfig.PluginId)
            .WithFallback(SqlPersistence.DefaultJournalConfiguration));

    // As the package leaves it: in the mode that a new file has.
    private static void MakeTable(GroupCommitSettings settings)
    {
        using var connection = new SqliteConnection($"{settings.ConnectionString};Pooling=false");
        connection.Open();
        SqliteConnections.Execute(connection, "CREATE TABLE journal (ordering INTEGER PRIMARY KEY)");
    }

    private static string ModeOf(SqliteConnection connection)
    {
        using var statement = new SqliteStatement(connection, "PRAGMA journal_mode");
        Assert.True(statement.Step());
        return statement.Text(0);
    }
}
