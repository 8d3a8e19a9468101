using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>The holder of a lock whose node is silent: it hears of the end of its lease before another has the lock.</summary>
public sealed class SuspendedHolderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_holder_hears_that_its_lease_has_run_out_while_its_node_is_silent()
    {
        await using var node = await NodeProcess.StartAsync();
        var options = new IpcClientOptions { Addresses = [node.Address], Lease = TimeSpan.FromSeconds(2) };
        await using var holder = await IpcClient.ConnectAsync(options);
        await using var other = await IpcClient.ConnectAsync(options with { Lease = Patience });
        var set = await holder.SemaphoreSets.CreateAsync(count: 1);
        await using var held = await set.LockAsync();
        var (lost, suspended) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var registration = held.Lost.Register(() => lost.TrySetResult());
        holder.StateChanged += (_, change) =>
        {
            if (change.State == IpcConnectionState.Suspended) suspended.TrySetResult();
        };
        var waiting = other.SemaphoreSets.Open(set.Id).LockAsync().AsTask();
        Assert.False(held.Lost.IsCancellationRequested);
        node.Stop();
        try
        {
            await lost.Task.WaitAsync(Patience);
            await suspended.Task.WaitAsync(Patience);
            Assert.False(waiting.IsCompleted);
        }
        finally
        {
            node.Continue();
        }

        // The lease has run out in the cluster too, for the node's clock went on.
        await using var next = await waiting.WaitAsync(Patience);
        Assert.False(next.Lost.IsCancellationRequested);
        Assert.True(held.Lost.IsCancellationRequested);
        await Assert.ThrowsAsync<IpcSessionLostException>(() => set.GetValueAsync(0).WaitAsync(Patience));
    }
}
