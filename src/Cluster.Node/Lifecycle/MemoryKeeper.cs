using Cluster.Actors;

namespace Cluster.Node.Lifecycle;

/// <summary>
/// After many entities have left the memory of an idle node, the runtime has no reason to look for what they left
/// behind. This asks it to, in the background.
/// </summary>
internal sealed class MemoryKeeper(NodeStats stats, TimeProvider time) : BackgroundService
{
    /// <summary>Fewer entities than this are not worth it.</summary>
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
            // If the node gives up while it starts, the host takes anything else for a failure, and says so.
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
