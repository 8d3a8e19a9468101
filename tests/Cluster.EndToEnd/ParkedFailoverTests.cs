using System.Globalization;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Xunit.Abstractions;

namespace Cluster.EndToEnd;

/// <summary>
/// A node of three dies with callers parked in its objects: all are still in line, in their order, and complete once.
/// PARKED_CALLERS says how many callers (1,000 by default), ten to a queue.
/// </summary>
public sealed class ParkedFailoverTests(ITestOutputHelper output)
{
    private const int PerQueue = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    [Theory]
    [InlineData(2)]
    [InlineData(0)] // with the shard coordinator
    public async Task Parked_callers_are_served_once_in_order_after_the_death_of_a_node(int victim)
    {
        var callers = int.Parse(
            Environment.GetEnvironmentVariable("PARKED_CALLERS") ?? "1000", CultureInfo.InvariantCulture);
        await using var cluster = await ClusterOfNodes.StartAsync(3);
        await using var sender = await ConnectAsync(cluster);
        var receivers = new List<IpcClient>();
        for (var i = 0; i < PerQueue; i++) receivers.Add(await ConnectAsync(cluster));
        var queues = new IMessageQueue[callers / PerQueue];
        for (var i = 0; i < queues.Length; i++) queues[i] = await sender.MessageQueues.CreateAsync();

        // Place by place: each queue has the same order of processes.
        var parked = new List<Task<IpcMessage>[]>();
        foreach (var receiver in receivers)
        {
            parked.Add([.. queues.Select(queue => receiver.MessageQueues.Open(queue.Id).ReceiveAsync().AsTask())]);
            foreach (var queue in queues)
            {
                while ((await queue.StatAsync()).Receivers < parked.Count) await Task.Yield();
            }
        }

        await cluster.Nodes[victim].KillAsync();
        var started = TimeProvider.System.GetTimestamp();
        // A waiter whose session is lost for 5 s is passed over. On a busy machine that may happen.
        await Task.WhenAll(receivers.SelectMany(
            receiver => queues.Select(queue => receiver.MessageQueues.Open(queue.Id).StatAsync()))).WaitAsync(Patience);
        for (var place = 0; place < PerQueue; place++)
        {
            var text = new[] { (byte)place };
            await Task.WhenAll(queues.Select(queue => queue.SendAsync(1, text).AsTask())).WaitAsync(Patience);
        }

        var served = parked.SelectMany((tasks, place) => tasks.Select(async task =>
        {
            var message = await task.WaitAsync(Patience);
            Assert.Equal(place, message.Text.Span[0]);
        }));
        await Task.WhenAll(served);
        output.WriteLine(
            $"{callers} callers served "
            + $"{TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s after the kill");
        foreach (var queue in queues) Assert.Equal((0UL, 0L), await RestAsync(queue));
        foreach (var receiver in receivers) await receiver.DisposeAsync();
    }

    private static async Task<(ulong Messages, long Receivers)> RestAsync(IMessageQueue queue)
    {
        var stat = await queue.StatAsync();
        return (stat.Qnum, stat.Receivers);
    }

    private static Task<IpcClient> ConnectAsync(ClusterOfNodes cluster) => IpcClient.ConnectAsync(
        new IpcClientOptions
        {
            Addresses = cluster.Addresses, Uid = 0, ConnectTimeout = Patience, Lease = Patience,
        });
}
