using System.Diagnostics;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Bench;

/// <summary>
/// Calls each of many queues once after all of them have left the node's memory. It measures how fast the node recovers
/// many objects from the journal at once.
/// </summary>
internal sealed class RecoveryBench(BenchOptions options, BenchWorld world, Action<string> progress)
{
    // The entities of the namespace, of processes and of directories.
    private const int Others = 64;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    private readonly Slots _slots = new(options, progress);
    private int _next;

    public async Task<BenchReport> RunAsync(CancellationToken cancelled)
    {
        var started = Stopwatch.GetTimestamp();
        while ((await world.StatAsync(cancelled)).Entities is var left and > Others)
        {
            var passed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            progress($"waiting until {left:N0} objects are idle, and out of memory: {passed:F0} s");
            await Task.Delay(Poll, cancelled);
        }

        return await _slots.RunAsync(options.Window, CallAsync, null, cancelled);
    }

    private async Task CallAsync(int slot)
    {
        var queues = world.Queues(0);
        while (_slots.Goes())
        {
            var queue = queues[Interlocked.Increment(ref _next) - 1];
            var from = Stopwatch.GetTimestamp();
            var stat = await queue.StatAsync(any: true);
            if (stat.Qnum != 1) throw new FailedException($"bench: queue {queue.Id} came back without its message");
            _slots.Add(from, Stopwatch.GetTimestamp());
        }
    }
}
