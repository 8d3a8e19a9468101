using System.Diagnostics;
using Cluster.Client;

namespace Cluster.Cli.Bench;

/// <summary>
/// From just before a send to the continuation of the receiver that was blocked. The two are processes of their own.
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
            // The waiters of --waiters are there all the time.
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
