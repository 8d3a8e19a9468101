using System.Text;
using System.Text.Json;
using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>
/// A node dies and is back at its old address at once, as with a supervisor: the others may not have missed it yet, and
/// must take it neither for the one that they knew nor for one of two.
/// </summary>
public sealed class SameAddressTests
{
    private const int Queues = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData(2)]
    [InlineData(0)] // with the shard coordinator, and the first of the seeds
    public async Task No_message_is_lost_or_received_twice(int victim)
    {
        await using var cluster = await ClusterOfNodes.StartAsync(3);
        await using var client = await ConnectAsync(cluster);
        await using var waiter = await ConnectAsync(cluster);
        var queues = new List<IMessageQueue>();
        for (var i = 0; i < Queues; i++) queues.Add(await client.MessageQueues.CreateAsync());
        foreach (var queue in queues) await queue.SendAsync(1, Text($"before {queue.Id}"));
        var parked = queues
            .Select(queue => waiter.MessageQueues.Open(queue.Id).ReceiveAsync(type: 2).AsTask()).ToArray();
        foreach (var queue in queues)
        {
            while ((await queue.StatAsync()).Receivers == 0) await Task.Yield();
        }

        await cluster.Nodes[victim].KillAsync();
        var restarted = cluster.Nodes[victim].RestartAsync();
        await Task.WhenAll(queues.Select(queue => queue.SendAsync(2, Text($"after {queue.Id}")).AsTask()))
            .WaitAsync(Patience);
        await restarted;
        for (var i = 0; i < Queues; i++)
        {
            Assert.Equal($"after {queues[i].Id}", Read(await parked[i].WaitAsync(Patience)));
            Assert.Equal($"before {queues[i].Id}", Read(await queues[i].ReceiveAsync()));
            Assert.Equal(0UL, (await queues[i].StatAsync()).Qnum);
        }

        var run = await CliProcess.RunAsync(cluster.Addresses[1], "cluster", "--json");
        var members = JsonDocument.Parse(run.Output).RootElement.GetProperty("members").EnumerateArray().ToList();
        Assert.Equal(["up", "up", "up"], members.Select(member => member.GetProperty("status").GetString()));
        Assert.All(members, member => Assert.True(member.GetProperty("reachable").GetBoolean()));
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static string Read(IpcMessage message) => Encoding.UTF8.GetString(message.Text.Span);

    private static Task<IpcClient> ConnectAsync(ClusterOfNodes cluster) => IpcClient.ConnectAsync(
        new IpcClientOptions
        {
            Addresses = cluster.Addresses, Uid = 0, ConnectTimeout = Patience, Lease = Patience,
        });
}
