using Cluster.Protocol;

namespace Cluster.Client.Tests.Client;

/// <summary>What the holder of a lock hears when its lease runs out by its own clock: 30 s (see Calls.Welcome).</summary>
public sealed class SuspendedTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_holder_of_a_lock_hears_at_once_that_its_lease_has_run_out()
    {
        var bench = await ClientBench.ConnectAsync();
        var held = await LockAsync(bench);
        var suspended = NextAsync(bench, IpcConnectionState.Suspended);
        Assert.False(held.Lost.IsCancellationRequested);
        var lost = CancelledAsync(held.Lost);
        bench.Time.Advance(Lease);
        await lost.Soon();
        Assert.Contains("30000 ms", (await suspended.Soon()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_stays_cancelled_when_the_process_turns_out_to_live()
    {
        var bench = await ClientBench.ConnectAsync();
        var held = await LockAsync(bench);
        var suspended = NextAsync(bench, IpcConnectionState.Suspended);
        bench.Time.Advance(Lease);
        await suspended.Soon();

        var connected = NextAsync(bench, IpcConnectionState.Connected);
        var nowMs = (long)bench.Time.GetElapsedTime(0).TotalMilliseconds;
        bench.Stream.Push(new ServerFrame { RenewedMs = nowMs });
        await connected.Soon();
        Assert.True(held.Lost.IsCancellationRequested);
        var next = await LockAsync(bench);
        Assert.False(next.Lost.IsCancellationRequested);
        Assert.True(held.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task The_token_is_cancelled_when_the_process_is_lost()
    {
        var bench = await ClientBench.ConnectAsync(new IpcClientOptions { NewProcessWhenLost = true });
        var held = await LockAsync(bench);
        var lost = CancelledAsync(held.Lost);
        bench.Stream.Push(Calls.Farewell(Errno.ESRCH));
        await lost.Soon();
    }

    [Fact]
    public async Task A_connection_that_is_lost_for_less_than_the_lease_is_no_reason_to_stop()
    {
        var bench = await ClientBench.ConnectAsync();
        var held = await LockAsync(bench);
        await bench.ReconnectAsync();
        bench.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(held.Lost.IsCancellationRequested);
    }

    private static async Task<SemaphorePermit> LockAsync(ClientBench bench)
    {
        var locking = bench.Client.SemaphoreSets.Open(9).LockAsync().AsTask();
        while (true)
        {
            var frame = await bench.Stream.NextAsync();
            if (frame.Calls.SelectMany(calls => calls.Calls).FirstOrDefault() is not { } call) continue;
            bench.Stream.Push(Calls.Results(frame.Calls[0].Target, "", new Result { Seq = call.Seq, Revision = 77 }));
            return await locking.Soon();
        }
    }

    private static Task CancelledAsync(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(() => cancelled.TrySetResult());
        return cancelled.Task;
    }

    private static Task<IpcStateChange> NextAsync(ClientBench bench, IpcConnectionState state)
    {
        var seen = new TaskCompletionSource<IpcStateChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        bench.Client.StateChanged += (_, change) =>
        {
            if (change.State == state) seen.TrySetResult(change);
        };
        return seen.Task;
    }
}
