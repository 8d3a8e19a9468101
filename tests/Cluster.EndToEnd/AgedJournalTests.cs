using System.Text;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Microsoft.Data.Sqlite;

namespace Cluster.EndToEnd;

/// <summary>
/// A journal that has seen many nodes come and go: where the shards are is read from snapshots, and not from the first
/// event on.
/// </summary>
public sealed class AgedJournalTests : IDisposable
{
    private const int Queues = 48;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private readonly string _settings = Path.GetTempFileName();

    public void Dispose() => File.Delete(_settings);

    [Fact]
    public async Task Shards_are_found_after_snapshots_of_the_coordinator()
    {
        // A hundred times as often as by default. The node writes nothing as JSON, which loses what is in a snapshot.
        await File.WriteAllTextAsync(_settings, "akka.cluster.sharding.snapshot-after = 10");
        await using var cluster = await ClusterOfNodes.StartAsync(3, "--config", _settings);
        await using var client = await IpcClient.ConnectAsync(
            new IpcClientOptions
            {
                Addresses = cluster.Addresses, Uid = 0, ConnectTimeout = Patience, Lease = Patience,
            });
        var queues = new List<IMessageQueue>();
        for (var i = 0; i < Queues; i++) queues.Add(await client.MessageQueues.CreateAsync());

        foreach (var node in cluster.Nodes)
        {
            Assert.Equal(0, await node.TerminateAsync());
            await node.RestartAsync();
        }

        for (var i = 0; i < Queues; i++) await queues[i].SendAsync(1, Encoding.UTF8.GetBytes($"{i}"));
        foreach (var node in cluster.Nodes) await node.KillAsync();
        foreach (var node in cluster.Nodes) node.Begin();
        foreach (var node in cluster.Nodes) await node.ReadyAsync();
        for (var i = 0; i < Queues; i++)
        {
            var received = await queues[i].ReceiveAsync().AsTask().WaitAsync(Patience);
            Assert.Equal($"{i}", Encoding.UTF8.GetString(received.Text.Span));
        }

        Assert.Equal(["objectsCoordinator", "processesCoordinator"], Snapshots(cluster.Journal));
    }

    // Objects whose shards are in a snapshot.
    private static IReadOnlyList<string> Snapshots(string journal)
    {
        using var connection = new SqliteConnection($"Data Source={journal};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = new SqliteCommand(
            "SELECT DISTINCT persistence_id FROM snapshot WHERE persistence_id LIKE '%Coordinator/singleton/%' ORDER BY 1",
            connection);
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read()) names.Add(reader.GetString(0).Split('/').Single(part => part.EndsWith("Coordinator")));
        return names;
    }
}
