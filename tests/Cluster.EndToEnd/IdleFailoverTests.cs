using System.Globalization;
using System.Text.Json;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Xunit.Abstractions;

namespace Cluster.EndToEnd;

/// <summary>
/// Durable objects without calls are only in the journal: a failover does not concern them until they are
/// used. IDLE_OBJECTS says how many there are (1,000 by default).
/// </summary>
public sealed class IdleFailoverTests(ITestOutputHelper output)
{
    private const int Probes = 30;
    private const int AtOnce = 64;
    private const int Sample = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Idle_objects_do_not_start_in_a_failover()
    {
        var count = int.Parse(
            Environment.GetEnvironmentVariable("IDLE_OBJECTS") ?? "1000", CultureInfo.InvariantCulture);
        await using var cluster = await ClusterOfNodes.StartAsync(3, "--passivate-after", "5");
        await using var client = await IpcClient.ConnectAsync(
            new IpcClientOptions
            {
                Addresses = cluster.Addresses, Uid = 0, ConnectTimeout = Patience, Lease = Patience,
            });
        var probes = new List<IMessageQueue>();
        for (var i = 0; i < Probes; i++) probes.Add(await client.MessageQueues.CreateAsync());
        var without = await GapAsync(cluster, probes);

        await cluster.Nodes[2].RestartAsync();
        var raised = await CliProcess.RunAsync(
            cluster.Addresses[0], "--uid", "0", "sysctl", $"kernel.msgmni={count + 1_000}");
        Assert.Equal(("", 0), (raised.Error, raised.ExitCode));
        var idle = new int[count];
        await EachAsync(count, async index =>
        {
            var queue = await client.MessageQueues.CreateAsync();
            await queue.SendAsync(1, BitConverter.GetBytes(index));
            idle[index] = queue.Id;
        });
        await BelowAsync(cluster, count / 10);
        var with = await GapAsync(cluster, probes);
        var awake = await ObjectsAsync(cluster);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"gap {without.TotalSeconds:0.00} s without, {with.TotalSeconds:0.00} s with {count} idle objects, "
            + $"of which the failover woke no more than {awake}"));
        Assert.InRange(awake, 0, Probes + count / 10);

        var started = TimeProvider.System.GetTimestamp();
        var sample = Math.Min(Sample, count);
        await EachAsync(sample, async index =>
        {
            var at = index * (count / sample);
            var message = await client.MessageQueues.Open(idle[at]).ReceiveAsync().AsTask().WaitAsync(Patience);
            Assert.Equal(at, BitConverter.ToInt32(message.Text.Span));
        });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{sample} of them woken and emptied in "
            + $"{TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.00} s"));
    }

    /// <summary>The longest that a call took that was on its way when the last node died, or came soon after.</summary>
    private static async Task<TimeSpan> GapAsync(ClusterOfNodes cluster, List<IMessageQueue> probes)
    {
        // Once before: it is the failover that is measured, not where clients have to go first.
        await Task.WhenAll(probes.Select(CallAsync));
        await cluster.Nodes[2].KillAsync();
        var took = await Task.WhenAll(probes.Select(CallAsync)).WaitAsync(Patience);
        return took.Max();
    }

    private static async Task<TimeSpan> CallAsync(IMessageQueue queue)
    {
        var started = TimeProvider.System.GetTimestamp();
        await queue.SendAsync(1, new byte[] { 1 });
        await queue.ReceiveAsync();
        return TimeProvider.System.GetElapsedTime(started);
    }

    private static Task EachAsync(int count, Func<int, Task> action) => Parallel.ForAsync(
        0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (index, _) => await action(index));

    private static async Task BelowAsync(ClusterOfNodes cluster, int objects)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await ObjectsAsync(cluster) > Probes + objects) patience.Token.ThrowIfCancellationRequested();
    }

    private static async Task<int> ObjectsAsync(ClusterOfNodes cluster)
    {
        var run = await CliProcess.RunAsync(cluster.Addresses[0], "cluster", "--json");
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        return JsonDocument.Parse(run.Output).RootElement.GetProperty("totals").GetProperty("objects").GetInt32();
    }
}
