using System.Diagnostics;

namespace Cluster.Cli.Bench;

/// <summary>Measurements with one call in flight.</summary>
internal sealed class SingleCalls(BenchOptions options, Action<string> progress)
{
    /// <summary>The processes of a wake-up: one wakes, one is woken.</summary>
    public const int WakeProcesses = 2;

    /// <summary>Measures one call after the other.</summary>
    /// <param name="call">Makes the call with a number.</param>
    /// <param name="prepare">
    /// Makes ready for the call with a number; false: there was nothing to do. It is not measured, and comes before a
    /// call and not after one, so that the last commits, whose median the node reports, are those of measured calls.
    /// </param>
    public async Task<BenchReport> SequentialAsync(Func<long, ValueTask> call, Func<long, ValueTask<bool>>? prepare)
    {
        var phase = new Phase(options);
        for (long number = 0; phase.Continues(); phase.Tell(progress), number++)
        {
            var before = Stopwatch.GetTimestamp();
            if (prepare is not null && await prepare(number)) phase.Exclude(before);
            var from = Stopwatch.GetTimestamp();
            await call(number);
            phase.Add(from, Stopwatch.GetTimestamp());
        }

        return phase.Report();
    }

    /// <summary>Measures from just before a call to the continuation of the call that it wakes.</summary>
    /// <param name="block">Makes a call that blocks.</param>
    /// <param name="isBlocked">Whether that call is blocked now.</param>
    /// <param name="wake">Makes the call that wakes it.</param>
    public async Task<BenchReport> WakeAsync(Func<Task> block, Func<Task<bool>> isBlocked, Func<Task> wake)
    {
        var phase = new Phase(options);
        for (; phase.Continues(); phase.Tell(progress))
        {
            var woken = TimeAsync(block());
            while (!await isBlocked())
            {
                if (woken.IsCompleted) await woken;
            }

            var from = Stopwatch.GetTimestamp();
            var waking = wake();
            phase.Add(from, await woken);
            await waking;
        }

        return phase.Report();
    }

    private static async Task<long> TimeAsync(Task blocked)
    {
        await blocked;
        return Stopwatch.GetTimestamp();
    }
}
