using Cluster.Actors;

namespace Cluster.Node.Lifecycle;

/// <summary>
/// Starts a background garbage collection after many entities have left memory. An idle node allocates too little for
/// the runtime to collect by itself.
/// </summary>
internal sealed class MemoryKeeper(NodeStats stats, TimeProvider time) : BackgroundService
{
    /// <summary>The number of entities that must have left memory.</summary>
    private const int Wave = 1_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await KeepAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Cancellation is the regular end. The host would log an exception as a failure.
        }
    }

    private async Task KeepAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        long most = 0;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            most = Math.Max(most, stats.Entities);
            if (most - stats.Entities < Wave) continue;
            most = stats.Entities;
            GC.Collect(2, GCCollectionMode.Forced, blocking: false, compacting: false);
        }
    }
}
