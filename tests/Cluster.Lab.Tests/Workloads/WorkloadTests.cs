using System.Collections.Concurrent;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Lab.Checkers;
using Cluster.Lab.Histories;
using Cluster.Lab.Workloads;

namespace Cluster.Lab.Tests.Workloads;

/// <summary>The workload against a real node, and the judge over what it recorded.</summary>
public sealed class WorkloadTests
{
    [Fact]
    public async Task A_node_that_is_killed_while_the_workload_runs_keeps_all_promises()
    {
        await using var node = await NodeProcess.StartAsync();
        var options = new WorkloadOptions
        {
            Duration = TimeSpan.FromSeconds(3), Clients = 4, Queues = 2, Sets = 1, Words = 2, Parked = 10,
            CallsPerSecond = 300,
        };
        await using var workload = new Workload(options, token => ConnectAsync(node, token));
        await workload.PrepareAsync();
        var run = workload.RunAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
        await node.KillAsync();
        await node.RestartAsync();
        await run;
        Assert.True(await workload.DrainAsync());

        var history = workload.History;
        foreach (var verdict in Judge.Check(history)) Assert.True(verdict.Holds, verdict.ToString());
        var report = workload.Report();
        Assert.True(report.Calls > 100, report.ToString());
        Assert.Equal(report.Calls, report.Seconds.Sum(second => second.Calls));
        Assert.Equal(0, report.LostClients);
        Assert.Contains(report.Gaps, gap => gap.Object == "queue:0");
        // Nothing is answered while the node is dead.
        Assert.True(report.Gap(1) > TimeSpan.FromMilliseconds(100), report.ToString());
        Assert.Equal(10, history.Operations.Count(call => call is { ParkedAt: not null, IsOk: true }));
        var kinds = history.Operations.Where(call => call.IsOk).Select(call => call.Call).Distinct();
        Assert.True(kinds.Count() >= 10, string.Join(' ', kinds));
    }

    [Fact]
    public async Task A_client_that_loses_its_process_is_replaced()
    {
        await using var node = await NodeProcess.StartAsync();
        var options = new WorkloadOptions
        {
            Duration = TimeSpan.FromSeconds(2), Clients = 2, Queues = 1, Sets = 1, Words = 1, CallsPerSecond = 100,
            Patience = TimeSpan.FromSeconds(30),
        };
        var clients = new ConcurrentQueue<MortalClient>();
        await using var workload = new Workload(options, async token =>
        {
            var client = new MortalClient(await ConnectAsync(node, token));
            clients.Enqueue(client);
            return client;
        });
        await workload.PrepareAsync();
        var run = workload.RunAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
        foreach (var client in clients.Skip(1).ToList()) await client.DieAsync();
        await run;
        Assert.True(await workload.DrainAsync());
        Assert.True(workload.Report().LostClients > 0);
        var history = workload.History;
        Assert.Contains(history.Operations, call => call.Outcome == Outcome.Unknown);
        foreach (var verdict in Judge.Check(history)) Assert.True(verdict.Holds, verdict.ToString());
    }

    [Fact]
    public async Task A_cluster_that_does_not_come_back_ends_the_run_and_the_drain_too()
    {
        await using var node = await NodeProcess.StartAsync();
        var options = new WorkloadOptions
        {
            Duration = TimeSpan.FromSeconds(1), Clients = 2, Queues = 1, Sets = 1, Words = 1, Parked = 2,
            CallsPerSecond = 100, Patience = TimeSpan.FromSeconds(2),
        };
        await using var workload = new Workload(options, token => ConnectAsync(node, token));
        await workload.PrepareAsync();
        var run = workload.RunAsync();
        await node.KillAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => run);
        Assert.False(await workload.DrainAsync().WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Contains(workload.History.Operations, call => call.Outcome == Outcome.Pending);
    }

    private static async Task<IIpcClient> ConnectAsync(NodeProcess node, CancellationToken cancelled) =>
        await IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [node.Address], Uid = 0, Gid = 0 }, cancelled);
}
