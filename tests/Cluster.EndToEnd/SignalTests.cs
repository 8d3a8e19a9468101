using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Protocol;

namespace Cluster.EndToEnd;

/// <summary>Signals between processes of real nodes, one of which dies.</summary>
public sealed class SignalTests
{
    private const int Signals = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Signals_come_once_and_in_order_although_the_node_dies()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var sender = await IpcClient.ConnectAsync(node.Address);
        await using var receiver = await IpcClient.ConnectAsync(node.Address);
        await receiver.Signals.BlockAsync([Signal.SIGRTMIN]);
        var sending = Task.Run(async () =>
        {
            for (var value = 0; value < Signals; value++)
                await sender.Signals.QueueAsync(receiver.Pid, Signal.SIGRTMIN, value);
        });
        List<long> got = [];
        using var stop = new CancellationTokenSource(Patience);
        await foreach (var signal in receiver.Signals.ReadAsync([Signal.SIGRTMIN], stop.Token))
        {
            got.Add(signal.Value);
            if (got.Count == Signals / 4)
            {
                await node.KillAsync();
                await node.RestartAsync();
            }

            if (got.Count == Signals) break;
        }

        await sending.WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(0, Signals).Select(value => (long)value), got);
        Assert.Empty(await receiver.Signals.PendingAsync());
    }

    [Fact]
    public async Task A_process_of_another_node_is_seen_stopped_continued_and_killed()
    {
        await using var cluster = await ClusterOfNodes.StartAsync(2);
        await using var sender = await IpcClient.ConnectAsync(cluster.Addresses[0]);
        await using var other = await IpcClient.ConnectAsync(cluster.Addresses[1]);
        var queue = await sender.MessageQueues.CreateAsync();
        var receive = other.MessageQueues.Open(queue.Id).ReceiveAsync().AsTask();
        await UntilAsync(async () =>
            (await sender.Processes.GetAsync(other.Pid)).Waits.Any(wait => wait.Call == "msgrcv" && wait.Id == queue.Id));
        Assert.Contains(cluster.Addresses[1], (await sender.Processes.GetAsync(other.Pid)).Nodes);

        await sender.Signals.KillAsync(other.Pid, Signal.SIGSTOP);
        Assert.Equal(IpcProcessState.Stopped, (await sender.Processes.GetAsync(other.Pid)).State);
        await sender.Signals.KillAsync(other.Pid, Signal.SIGCONT);
        await queue.SendAsync(1, "x"u8.ToArray());
        await receive.WaitAsync(Patience);

        var again = other.MessageQueues.Open(queue.Id).ReceiveAsync().AsTask();
        var kill = await CliProcess.RunAsync(cluster.Addresses[0], "--uid", "0", "kill", "-s", "KILL", $"{other.Pid}");
        Assert.Equal((0, ""), (kill.ExitCode, kill.Error));
        var failure = await Assert.ThrowsAsync<IpcSessionLostException>(() => again.WaitAsync(Patience));
        Assert.Equal(Signal.SIGKILL, failure.KilledBy);
        await UntilAsync(async () => (await queue.StatAsync()).Receivers == 0);
    }

    [Fact]
    public async Task A_parent_gets_each_status_once_although_the_node_dies()
    {
        const int Children = 20;
        await using var node = await NodeProcess.StartAsync();
        await using var parent = await IpcClient.ConnectAsync(node.Address);
        await parent.Signals.BlockAsync([Signal.SIGCHLD]);
        var ticket = await parent.Processes.GetParentAsync();
        var children = new List<IpcClient>();
        for (var i = 0; i < Children; i++)
            children.Add(await IpcClient.ConnectAsync(new IpcClientOptions { Addresses = [node.Address], Parent = ticket }));
        var expected = children.Select((child, status) => (child.Pid, status)).Order().ToArray();
        var waiting = Enumerable.Range(0, Children).Select(_ => parent.Processes.WaitForChildAsync()).ToArray();
        var ends = children.Select((child, status) => child.ExitAsync(status).AsTask()).ToArray();
        await Task.WhenAny(waiting);
        await node.KillAsync();
        await node.RestartAsync();
        await Task.WhenAll(ends).WaitAsync(Patience);
        var exits = await Task.WhenAll(waiting).WaitAsync(Patience);
        // A child whose word was lost with the node ends with its lease.
        Assert.Equal(expected.Select(each => each.Pid), exits.Select(exit => exit.Pid).Order());
        Assert.All(
            exits.Where(exit => !exit.LeaseExpired), exit => Assert.Contains((exit.Pid, exit.Status), expected));
        Assert.Equal([Signal.SIGCHLD], await parent.Signals.PendingAsync());
        var failure = await Assert.ThrowsAsync<IpcException>(() => parent.Processes.WaitForChildAsync());
        Assert.Equal(Errno.ECHILD, failure.Errno);
    }

    private static async Task UntilAsync(Func<Task<bool>> isTrue)
    {
        for (var end = Environment.TickCount64 + (long)Patience.TotalMilliseconds; !await isTrue();)
        {
            Assert.True(Environment.TickCount64 < end, "it did not happen in time");
            await Task.Delay(20);
        }
    }
}
