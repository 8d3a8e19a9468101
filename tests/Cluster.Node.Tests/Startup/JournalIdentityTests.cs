using Cluster.Node.Settings;
using Cluster.Node.Startup;
using Microsoft.Data.Sqlite;

namespace Cluster.Node.Tests.Startup;

/// <summary>Every node reads the same name of a journal, and no two journals have the same name.</summary>
public sealed class JournalIdentityTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("journal-identity-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_journal_keeps_its_name()
    {
        var one = await AskAsync("one.db");
        var other = await AskAsync("other.db");
        Assert.Equal((one, other), (await AskAsync("one.db"), await AskAsync("other.db")));
        Assert.NotNull(one);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public async Task Nodes_that_start_at_once_get_the_same_name()
    {
        var names = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => AskAsync("one.db"))));
        Assert.NotNull(Assert.Single(names.Distinct()));
    }

    [Fact]
    public async Task A_journal_without_a_name_does_not_stop_a_node_from_starting()
    {
        using (var other = new SqliteConnection($"Data Source={Path.Combine(_directory, "one.db")};Pooling=false"))
        {
            other.Open();
            using var command = new SqliteCommand("CREATE TABLE cluster_journal (x)", other);
            command.ExecuteNonQuery();
        }

        Assert.Null(await AskAsync("one.db"));
    }

    private Task<string?> AskAsync(string file) => JournalIdentity.AskAsync(
        new NodeOptions { Journal = $"sqlite:{Path.Combine(_directory, file)}" }, CancellationToken.None);
}
