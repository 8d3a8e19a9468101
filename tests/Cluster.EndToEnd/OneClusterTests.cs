using System.Text.Json;
using Cluster.EndToEnd.Processes;
using Microsoft.Data.Sqlite;

namespace Cluster.EndToEnd;

/// <summary>One journal has one cluster, whatever a node can reach when it starts.</summary>
public sealed class OneClusterTests
{
    [Fact]
    public async Task The_first_seed_waits_for_the_cluster_of_its_journal_and_joins_it_when_it_answers()
    {
        await using var cluster = await ClusterOfNodes.StartAsync(2);
        var (first, second) = (cluster.Nodes[0], cluster.Nodes[1]);
        await WaitForMembersAsync(cluster, 2);
        second.Stop();
        await first.KillAsync();
        first.Begin();
        await first.SaysAsync("a cluster uses this journal and lives");
        Assert.DoesNotContain("is ready", first.Output, StringComparison.Ordinal);
        second.Continue();
        await first.ReadyAsync();
        Assert.Equal(2, await UpMembersAsync(cluster.Addresses[0]));
    }

    [Fact]
    public async Task A_node_without_seeds_joins_the_cluster_of_its_journal()
    {
        await using var cluster = await ClusterOfNodes.StartAsync(1);
        await WaitForMembersAsync(cluster, 1);
        await using var second = await NodeProcess.StartAsync("--journal", $"sqlite:{cluster.Journal}");
        Assert.Equal(2, await UpMembersAsync(second.Address));
    }

    [Fact]
    public async Task The_younger_of_two_clusters_ends()
    {
        await using var cluster = await ClusterOfNodes.StartAsync(1);
        await WaitForMembersAsync(cluster, 1);
        Execute(cluster, "UPDATE cluster_record SET epoch = 0, members = 'elder:1'");
        Assert.Equal(3, await cluster.Nodes[0].EndsAsync());
        Assert.Contains("an older cluster uses this journal (elder:1)", cluster.Nodes[0].Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_older_of_two_clusters_stays_and_takes_the_record_back()
    {
        await using var cluster = await ClusterOfNodes.StartAsync(1);
        await WaitForMembersAsync(cluster, 1);
        Execute(cluster, "UPDATE cluster_record SET epoch = 99, last_epoch = 99, members = 'younger:1'");
        await cluster.Nodes[0].SaysAsync("a younger cluster uses this journal too (younger:1)");
        while ((long)Execute(cluster, "SELECT epoch FROM cluster_record")! != 1) await Task.Yield();
        Assert.Equal(1, await UpMembersAsync(cluster.Addresses[0]));
    }

    [Fact]
    public async Task A_deleted_record_is_made_again()
    {
        await using var cluster = await ClusterOfNodes.StartAsync(1);
        await WaitForMembersAsync(cluster, 1);
        Execute(cluster, "DELETE FROM cluster_record");
        await WaitForMembersAsync(cluster, 1);
        Assert.Equal(1L, Execute(cluster, "SELECT epoch FROM cluster_record"));
        Assert.Equal(1, await UpMembersAsync(cluster.Addresses[0]));
    }

    // The record names its members within a second of their start.
    private static async Task WaitForMembersAsync(ClusterOfNodes cluster, int count)
    {
        while (((string?)Execute(cluster, "SELECT members FROM cluster_record"))?.Split(',').Length != count)
            await Task.Yield();
    }

    private static object? Execute(ClusterOfNodes cluster, string statement)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = cluster.Journal, Pooling = false, DefaultTimeout = 30 };
        using var connection = new SqliteConnection(text.ToString());
        connection.Open();
        using var command = new SqliteCommand(statement, connection);
        return command.ExecuteScalar();
    }

    private static async Task<int> UpMembersAsync(string address)
    {
        var run = await CliProcess.RunAsync(address, "cluster", "--json");
        return JsonDocument.Parse(run.Output).RootElement.GetProperty("members").EnumerateArray()
            .Count(member => member.GetProperty("status").GetString() == "up");
    }
}
