using Cluster.Actors.Tests.Journal;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>A node whose database does not answer yet, or refuses it.</summary>
public sealed class JournalStartTests(PostgresFixture server) : IClassFixture<PostgresFixture>
{
    [SkippableFact]
    public async Task A_node_waits_for_its_database_and_then_starts()
    {
        var journal = await server.CreateDatabaseAsync();
        await server.StopAsync();
        var isStopped = true;
        try
        {
            await using var waiting = NodeProcess.BeginNew("--journal", journal);
            await waiting.SaysAsync("cluster-node: waiting for the journal at 127.0.0.1:");
            Assert.Equal(0, await waiting.TerminateAsync());
            Assert.Single(waiting.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            waiting.Begin();
            await waiting.SaysAsync("waiting for the journal");
            await server.StartAsync();
            isStopped = false;
            await waiting.ReadyAsync();
            Assert.DoesNotContain("   at ", waiting.Output, StringComparison.Ordinal);
        }
        finally
        {
            if (isStopped) await server.StartAsync();
        }
    }

    [SkippableFact]
    public async Task A_missing_database_ends_the_node_with_a_line()
    {
        var journal = (await server.CreateDatabaseAsync()).Replace("journal_", "no_journal_", StringComparison.Ordinal);
        await using var node = NodeProcess.BeginNew("--journal", journal);
        Assert.Equal(1, await node.EndsAsync());
        await node.SaysAsync("refuses");
        var line = Assert.Single(node.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("database \"no_journal_", line, StringComparison.Ordinal);
        Assert.Contains("does not exist", line, StringComparison.Ordinal);
    }
}
