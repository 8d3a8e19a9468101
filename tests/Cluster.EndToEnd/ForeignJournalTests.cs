using System.Text;
using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>
/// A node that was started with another journal than the cluster's, without `--journal`.
/// </summary>
public sealed class ForeignJournalTests
{
    [Fact]
    public async Task A_node_with_a_foreign_journal_ends_with_a_line_and_changes_nothing()
    {
        await using var cluster = await ClusterOfNodes.StartAsync(1);
        await using var client = await IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = cluster.Addresses, Uid = 0 });
        var queues = new List<IMessageQueue>();
        for (var i = 0; i < 40; i++) queues.Add(await client.MessageQueues.CreateAsync());
        foreach (var queue in queues) await queue.SendAsync(1, Encoding.UTF8.GetBytes($"{queue.Id}"));

        var data = Directory.CreateTempSubdirectory("ipc-foreign-").FullName;
        try
        {
            var foreign = await NodeProcess.RunAsync(
                "--listen", "127.0.0.1:0", "--web", "none", "--data", data, "--seed-nodes", cluster.Seeds);
            Assert.Equal(1, foreign.ExitCode);
            Assert.Contains(
                $"journal.db is not the journal of the cluster of {cluster.Seeds}", foreign.Error,
                StringComparison.Ordinal);
            Assert.DoesNotContain("is ready", foreign.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }

        foreach (var queue in queues)
        {
            var message = await queue.ReceiveAsync();
            Assert.Equal($"{queue.Id}", Encoding.UTF8.GetString(message.Text.Span));
        }
    }
}
