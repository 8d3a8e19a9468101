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

    // If two connections change the mode of a file at once, SQLite refuses one without waiting. The journal's threads
    // all open their connections at the first request for a new file.
    [Fact]
    public async Task Many_connections_open_a_new_file_at_once()
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

    // As the package creates the file: in the default mode.
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
