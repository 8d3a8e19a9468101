using System.Diagnostics;
using Cluster.Client;

namespace Cluster.Cli.Bench;

/// <summary>Measures one send at a time, with no other call in flight: the cost of one durable call.</summary>
internal sealed class SequentialBench(BenchOptions options, BenchWorld world, Action<string> progress)
{
    private const int DrainEvery = 1_000;

    public async Task<BenchReport> RunAsync(CancellationToken cancelled)
    {
        var queue = world.Queues(0)[0];
        var text = new byte[options.Payload];
        var phase = new Phase(options);
        for (var sent = 0; phase.Continues(); phase.Tell(progress))
        {
            // Before a send and not after one, so that the last commits, whose median the node reports, are of sends.
            if (sent == DrainEvery)
            {
                var drained = Stopwatch.GetTimestamp();
                await DrainAsync(queue, cancelled);
                phase.Exclude(drained);
                sent = 0;
            }

            var from = Stopwatch.GetTimestamp();
            await queue.SendAsync(BenchWorld.LoadType, text, null, cancelled);
            phase.Add(from, Stopwatch.GetTimestamp());
            sent++;
        }

        return phase.Report();
    }

    private static Task DrainAsync(IMessageQueue queue, CancellationToken cancelled) =>
        Task.WhenAll(Enumerable.Range(0, DrainEvery).Select(_ =>
            queue.ReceiveAsync(BenchWorld.LoadType, cancellationToken: cancelled).AsTask()));
}
