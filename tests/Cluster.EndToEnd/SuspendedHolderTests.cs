using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>The holder of a lock hears of the end of its lease by its own clock, while the cluster is silent.</summary>
public sealed class SuspendedHolderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly IpcClientOptions Options = new() { Lease = TimeSpan.FromSeconds(5) };

    [Fact]
    public async Task The_holder_whose_network_is_cut_hears_of_it_before_another_has_the_lock()
    {
        await using var link = new Link();
        // The node names the link, so that the client knows no other way.
        await using var node = await NodeProcess.StartAsync("--advertise", link.Address);
        link.Node = new Uri(node.Address);
        await using var holder = await IpcClient.ConnectAsync(Options with { Addresses = [link.Address] });
        await using var other = await IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [node.Address], Lease = Patience });
        var set = await holder.SemaphoreSets.CreateAsync(count: 1);
        await using var held = await set.LockAsync();
        var lost = CancelledAsync(held);
        var suspended = BecomesAsync(holder, IpcConnectionState.Suspended);
        var waiting = other.SemaphoreSets.Open(set.Id).LockAsync().AsTask();
        Assert.False(held.Lost.IsCancellationRequested);

        link.Cut();
        Assert.Same(lost, await Task.WhenAny(lost, waiting).WaitAsync(Patience));
        await suspended.WaitAsync(Patience);
        await using var next = await waiting.WaitAsync(Patience);
        Assert.False(next.Lost.IsCancellationRequested);

        link.Mend();
        await Assert.ThrowsAsync<IpcSessionLostException>(() => set.GetValueAsync(0).WaitAsync(Patience));
        Assert.True(held.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task The_token_stays_cancelled_when_a_silent_node_comes_back_and_the_process_lives()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var holder = await IpcClient.ConnectAsync(Options with { Addresses = [node.Address] });
        var set = await holder.SemaphoreSets.CreateAsync(count: 1);
        await using var held = await set.LockAsync();
        var suspended = BecomesAsync(holder, IpcConnectionState.Suspended);
        node.Stop();
        await suspended.WaitAsync(Patience);
        await CancelledAsync(held).WaitAsync(Patience);

        var answered = BecomesAsync(holder, IpcConnectionState.Connected);
        var ended = BecomesAsync(holder, IpcConnectionState.Lost);
        node.Continue();
        await Task.WhenAny(answered, ended).WaitAsync(Patience);
        Assert.True(held.Lost.IsCancellationRequested);
    }

    private static Task CancelledAsync(SemaphorePermit held)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        held.Lost.Register(() => cancelled.TrySetResult());
        return cancelled.Task;
    }

    private static Task BecomesAsync(IpcClient ipc, IpcConnectionState state)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ipc.StateChanged += (_, change) =>
        {
            if (change.State == state) seen.TrySetResult();
        };
        return seen.Task;
    }
}
