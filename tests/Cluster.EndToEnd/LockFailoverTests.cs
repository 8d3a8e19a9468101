using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.EndToEnd;

/// <summary>
/// Robust mutexes that are held and waited for while a node of three dies, and while their holder is killed: each goes to the
/// next caller once, with a higher token, and the death of a holder is told.
/// </summary>
public sealed class LockFailoverTests(ITestOutputHelper output)
{
    private const int Locks = 20; // so that each node has some

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    [Fact]
    public async Task Mutexes_survive_the_death_of_a_node_and_tell_the_death_of_their_holder()
    {
        await using var cluster = await ClusterOfNodes.StartAsync(3);
        await using var holder = await ConnectAsync(cluster);
        await using var waiter = await ConnectAsync(cluster);
        await using var mortal = await ConnectAsync(cluster);
        var (held, waits) = (new LockHandle[Locks], new Task<LockHandle>[Locks]);
        var (mortals, heirs) = (new LockHandle[Locks], new Task<LockHandle>[Locks]);
        for (var i = 0; i < Locks; i++)
        {
            held[i] = await (await holder.Locks.OpenMutexAsync($"a{i}")).LockAsync();
            waits[i] = (await waiter.Locks.OpenMutexAsync($"a{i}")).LockAsync().AsTask();
            mortals[i] = await (await mortal.Locks.OpenMutexAsync($"b{i}")).LockAsync();
            heirs[i] = (await waiter.Locks.OpenMutexAsync($"b{i}")).LockAsync().AsTask();
        }

        while (await CountWaitersAsync(holder) < 2 * Locks) await Task.Yield();
        await cluster.Nodes[2].KillAsync();
        var started = TimeProvider.System.GetTimestamp();
        await holder.Signals.KillAsync(mortal.Pid, Signal.SIGKILL).WaitAsync(Patience);
        for (var i = 0; i < Locks; i++)
        {
            Assert.False(waits[i].IsCompleted);
            await held[i].DisposeAsync().AsTask().WaitAsync(Patience);
            await using var next = await waits[i].WaitAsync(Patience);
            Assert.False(next.OwnerDied);
            Assert.True(next.Token > held[i].Token);
            var heir = await heirs[i].WaitAsync(Patience);
            Assert.True(heir.OwnerDied);
            Assert.True(heir.Token > mortals[i].Token);
            await heir.MarkConsistentAsync().AsTask().WaitAsync(Patience);
            await heir.DisposeAsync();
            await using var after = await (await holder.Locks.OpenMutexAsync($"b{i}")).LockAsync(Patience);
            Assert.False(after.OwnerDied);
        }

        output.WriteLine($"{2 * Locks} locks after {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s");
        Assert.Equal(0, await CountWaitersAsync(holder));
    }

    [Fact]
    public async Task The_tool_frees_its_lock_when_it_is_killed()
    {
        await using var node = await NodeProcess.StartAsync();
        // The lock is the tool's alone, and root sees it, whoever runs the test.
        await using var ipc = await IpcClient.ConnectAsync(new IpcClientOptions { Addresses = [node.Address], Uid = 0 });
        using var tool = CliProcess.Start(node.Address, "lock", "build", "--", "sleep", "600");
        while (!await IsHeldAsync(ipc)) Assert.False(tool.HasExited);
        var busy = await CliProcess.RunAsync(node.Address, "lock", "-n", "-E", "9", "build", "--", "true");
        Assert.Equal(9, busy.ExitCode);
        tool.Kill(entireProcessTree: true);
        var next = await CliProcess.RunAsync(node.Address, "lock", "-w", "80", "build", "--", "echo", "mine");
        Assert.Equal((0, "mine\n"), (next.ExitCode, next.Output));
        Assert.Equal("ipc: lock: the holder before ended without an unlock\n", next.Error);
    }

    private static async Task<bool> IsHeldAsync(IpcClient ipc)
    {
        await foreach (var each in ipc.Locks.ListAsync())
        {
            if (each.Lock.Holders.Count > 0) return true;
        }

        return false;
    }

    private static async Task<int> CountWaitersAsync(IpcClient ipc)
    {
        var count = 0;
        await foreach (var each in ipc.Locks.ListAsync()) count += each.Lock.Waiters.Count;
        return count;
    }

    private static Task<IpcClient> ConnectAsync(ClusterOfNodes cluster) => IpcClient.ConnectAsync(
        new IpcClientOptions { Addresses = cluster.Addresses, Uid = 1000, ConnectTimeout = Patience, Lease = Patience });
}
