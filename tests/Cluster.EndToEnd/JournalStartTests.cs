using Cluster.Actors.Tests.Journal;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>A node whose database is not there yet, or does not let it in.</summary>
public sealed class JournalStartTests(PostgresFixture server) : IClassFixture<PostgresFixture>
{
    [SkippableFact]
    public async Task It_waits_and_starts_when_the_database_is_there()
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
    public async Task A_database_that_does_not_exist_ends_it_with_a_line()
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
