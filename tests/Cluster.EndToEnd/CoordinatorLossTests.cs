using System.Globalization;
using System.Text;
using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>The node with the shard coordinator dies while it moves shards to a node that has joined.</summary>
public sealed class CoordinatorLossTests : IDisposable
{
    private const int Queues = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private readonly string _settings = Path.GetTempFileName();

    public void Dispose() => File.Delete(_settings);

    [Fact]
    public async Task All_objects_are_found_after_the_coordinator_dies_in_a_rebalance()
    {
        // A shard a round, and a pause between rounds: a third of the shards takes minutes, in which there is time to
        // die on a busy machine too.
        await File.WriteAllTextAsync(_settings, """
            akka.cluster.sharding {
              rebalance-interval = 8s
              least-shard-allocation-strategy.rebalance-absolute-limit = 1
            }
            """);
        await using var cluster = await ClusterOfNodes.StartAsync(2, "--config", _settings);
        await using var client = await IpcClient.ConnectAsync(
            new IpcClientOptions
            {
                Addresses = cluster.Addresses, Uid = 0, ConnectTimeout = Patience, Lease = Patience,
            });
        var queues = new List<IMessageQueue>();
        for (var i = 0; i < Queues; i++)
        {
            queues.Add(await client.MessageQueues.CreateAsync());
            await queues[i].SendAsync(1, Encoding.UTF8.GetBytes($"before {i}"));
        }

        await cluster.AddAsync();
        var moved = await ShardsOfTheNewcomerAsync(cluster);
        var sent = queues.Select((queue, i) => queue.SendAsync(1, Encoding.UTF8.GetBytes($"after {i}")).AsTask())
            .ToArray();
        await cluster.Nodes[0].KillAsync();
        // It has some and not all of its share: a third of 160.
        Assert.InRange(moved, 1, 40);
        await Task.WhenAll(sent).WaitAsync(Patience);
        for (var i = 0; i < Queues; i++)
        {
            Assert.Equal($"before {i}", await ReceiveAsync(queues[i]));
            Assert.Equal($"after {i}", await ReceiveAsync(queues[i]));
            Assert.Equal(0UL, (await queues[i].StatAsync()).Qnum);
        }
    }

    private static async Task<int> ShardsOfTheNewcomerAsync(ClusterOfNodes cluster)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            patience.Token.ThrowIfCancellationRequested();
            var run = await CliProcess.RunAsync(cluster.Addresses[0], "cluster");
            var lines = run.Output.Split('\n');
            var column = Array.IndexOf(Words(lines[0]), "SHARDS");
            var row = lines.FirstOrDefault(line => line.Contains(cluster.Addresses[2], StringComparison.Ordinal));
            if (row is not null && int.Parse(Words(row)[column], CultureInfo.InvariantCulture) is > 0 and var shards)
                return shards;
        }

        static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<string> ReceiveAsync(IMessageQueue queue) =>
        Encoding.UTF8.GetString((await queue.ReceiveAsync().AsTask().WaitAsync(Patience)).Text.Span);
}
