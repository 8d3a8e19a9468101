using System.Diagnostics;
using Cluster.Client;

namespace Cluster.Cli.Bench;

/// <summary>
/// Measures the time from just before a send to the continuation of the receiver that was blocked. Sender and receiver
/// are two processes.
/// </summary>
internal sealed class WakeBench(BenchOptions options, BenchWorld world, Action<string> progress)
{
    /// <summary>A sender and a receiver.</summary>
    public const int Processes = 2;

    public async Task<BenchReport> RunAsync(CancellationToken cancelled)
    {
        var (sender, receiver) = (world.Queues(0)[0], world.Queues(1)[0]);
        var text = new byte[options.Payload];
        var phase = new Phase(options);
        for (; phase.Continues(); phase.Tell(progress))
        {
            var woken = WokenAsync(receiver, cancelled);
            // Besides the waiters of --waiters, which are always blocked.
            while ((await sender.StatAsync(true, cancelled)).Receivers <= options.Waiters)
            {
                if (woken.IsCompleted) await woken;
            }

            var from = Stopwatch.GetTimestamp();
            var sending = sender.SendAsync(BenchWorld.LoadType, text, null, cancelled);
            phase.Add(from, await woken);
            await sending;
        }

        return phase.Report();
    }

    private static async Task<long> WokenAsync(IMessageQueue queue, CancellationToken cancelled)
    {
        await queue.ReceiveAsync(BenchWorld.LoadType, cancellationToken: cancelled);
        return Stopwatch.GetTimestamp();
    }
}
