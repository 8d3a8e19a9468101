using System.Collections.Concurrent;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Lab.Checkers;
using Cluster.Lab.Experiments.Measures;
using Cluster.Lab.Histories;
using Cluster.Lab.Workloads;

namespace Cluster.Lab.Tests.Workloads;

/// <summary>The workload against a real node, and the checkers on its history.</summary>
public sealed class WorkloadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_node_that_is_killed_while_the_workload_runs_keeps_all_promises()
    {
        const int Enough = 100, Kinds = 10;
        await using var node = await NodeProcess.StartAsync();
        var options = new WorkloadOptions
        {
            Duration = Patience, Clients = 4, Queues = 2, Sets = 1, Words = 2, Parked = 10, CallsPerSecond = 300,
        };
        await using var workload = new Workload(options, token => ConnectAsync(node, token));
        await workload.PrepareAsync();
        using var end = new CancellationTokenSource();
        var run = workload.RunAsync(end.Token);
        await UntilAsync(run, () => workload.Ended >= Enough);
        var killed = workload.Now;
        await node.KillAsync();
        await node.RestartAsync();
        var before = workload.Ended;
        await UntilAsync(run, () => workload.Ended >= before + Enough && KindsOf(workload.History) >= Kinds);
        await end.CancelAsync();
        await run;
        Assert.True(await workload.DrainAsync());

        var history = workload.History;
        foreach (var verdict in CheckerSuite.Check(history)) Assert.True(verdict.Holds, verdict.ToString());
        Assert.Equal(history.Operations.Count, workload.Ended);
        Assert.Equal(0, workload.LostClients);
        // No call is answered while the node is dead.
        Assert.Contains(Gaps.Of(history, killed, workload.Now), gap => gap is { Object: "queue:0", Ms: > 100 });
        var parked = history.Operations.Where(call => call is { ParkedAt: not null, IsOk: true }).ToList();
        Assert.Equal(5, parked.Count(call => call.Call == CallKind.Receive));
        Assert.Equal(5, parked.Count(call => call is { Call: CallKind.Semop, Semops.Count: 2 }));
    }

    [Fact]
    public async Task A_client_that_loses_its_process_is_replaced()
    {
        await using var node = await NodeProcess.StartAsync();
        var options = new WorkloadOptions
        {
            Duration = Patience, Clients = 2, Queues = 1, Sets = 1, Words = 1, Streams = 0, CallsPerSecond = 100,
            Patience = Patience,
        };
        var clients = new ConcurrentQueue<IIpcClient>();
        await using var workload = new Workload(options, async token =>
        {
            var client = MortalClient.Around(await ConnectAsync(node, token));
            clients.Enqueue(client);
            return client;
        });
        await workload.PrepareAsync();
        using var end = new CancellationTokenSource();
        var run = workload.RunAsync(end.Token);
        await UntilAsync(run, () => workload.Ended >= 50);
        var mortal = clients.Skip(1).ToList();
        foreach (var client in mortal) await MortalClient.DieAsync(client);
        await UntilAsync(run, () => workload.LostClients == mortal.Count);
        var before = workload.Ended;
        await UntilAsync(run, () => workload.Ended >= before + 50);
        await end.CancelAsync();
        await run;
        Assert.True(await workload.DrainAsync());
        var history = workload.History;
        Assert.Contains(history.Operations, call => call.Outcome == Outcome.Unknown);
        foreach (var verdict in CheckerSuite.Check(history)) Assert.True(verdict.Holds, verdict.ToString());
    }

    [Fact]
    public async Task A_client_that_loses_its_process_does_not_block_the_parking_of_others()
    {
        await using var node = await NodeProcess.StartAsync();
        var options = new WorkloadOptions { Clients = 1, Queues = 1, Sets = 1, Words = 1, Streams = 0, Parked = 8 };
        var clients = new List<IIpcClient>();
        await using var workload = new Workload(options, async token =>
        {
            // In order: an observer, a client with loops, a client with probes, and the parked callers.
            if (clients.Count == 6) await MortalClient.DieAsync(clients[3]);
            clients.Add(MortalClient.Around(await ConnectAsync(node, token)));
            return clients[^1];
        });
        await workload.PrepareAsync().WaitAsync(Patience);
        var calls = workload.History.Operations
            .Where(call => call.Object.StartsWith("parked", StringComparison.Ordinal)).ToList();
        Assert.Equal((8, 3), (calls.Count, calls.Count(call => call.ParkedAt is not null)));
        Assert.True(await workload.DrainAsync());
        // It closed in order, which interrupts its waiting calls.
        foreach (var verdict in CheckerSuite.Check(workload.History).Where(verdict => verdict.Name != "nothing refused"))
            Assert.True(verdict.Holds, verdict.ToString());
    }

    [Fact]
    public async Task A_cluster_that_does_not_come_back_ends_the_run_and_the_drain()
    {
        await using var node = await NodeProcess.StartAsync();
        var options = new WorkloadOptions
        {
            Duration = Patience, Clients = 2, Queues = 1, Sets = 1, Words = 1, Parked = 2,
            CallsPerSecond = 100, Patience = TimeSpan.FromSeconds(2),
        };
        await using var workload = new Workload(options, token => ConnectAsync(node, token));
        await workload.PrepareAsync();
        using var end = new CancellationTokenSource();
        var run = workload.RunAsync(end.Token);
        await node.KillAsync();
        // The call may have been made before: a client that waits for an answer makes no other call.
        await UntilAsync(run, () => workload.History.Operations.Any(call =>
            call.Outcome == Outcome.Pending && !call.Object.StartsWith("parked", StringComparison.Ordinal)));
        await end.CancelAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => run);
        Assert.False(await workload.DrainAsync().WaitAsync(Patience));
        Assert.Contains(workload.History.Operations, call => call.Outcome == Outcome.Pending);
    }

    private static int KindsOf(History history) =>
        history.Operations.Where(call => call.IsOk).Select(call => call.Call).Distinct().Count();

    // A run that ended has a better reason than a time-out.
    private static async Task UntilAsync(Task run, Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!isSo())
        {
            if (run.IsCompleted)
            {
                await run;
                Assert.Fail("the run ended before its time");
            }

            await look.WaitForNextTickAsync(patience.Token);
        }
    }

    private static async Task<IIpcClient> ConnectAsync(NodeProcess node, CancellationToken cancelled) =>
        await IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [node.Address], Uid = 0, Gid = 0, Lease = Patience }, cancelled);
}
