using System.Diagnostics;

namespace Cluster.Cli.Bench;

/// <summary>
/// Load on semaphores of any kind, in one of four modes. Load: each slot of the window adds to a semaphore and takes
/// from it, on object after object; a call is one addition or one taking. Sequential: one call at a time. Wake: the
/// time from just before an addition to the continuation of the process that it wakes. Contention: workers acquire and
/// release one lock; the time is that from just before a release to the continuation of the worker that gets the lock
/// next.
/// </summary>
/// <param name="options">What to measure.</param>
/// <param name="workers">Workers that contend for one lock; 0: none.</param>
/// <param name="world">The semaphores.</param>
/// <param name="progress">Shows a line of progress.</param>
internal sealed class SemBench<TSemaphore>(
    BenchOptions options, int workers, SemaphoreBenchWorld<TSemaphore> world, Action<string> progress)
{
    private readonly Slots _slots = new(options, progress);
    private readonly long[] _pairs = new long[Math.Max(1, workers)];
    private long[] _before = [];
    private long[] _after = [];
    private long _released;

    /// <summary>The results of a contended lock; null: there were no workers.</summary>
    public Contention? Contention { get; private set; }

    public async Task<BenchReport> RunAsync(CancellationToken cancelled) => options.Mode switch
    {
        BenchMode.Sequential => await SequentialAsync(world.Semaphores(0)[0], cancelled),
        BenchMode.Wake => await WakeAsync(world.Semaphores(0)[0], world.Semaphores(1)[0], cancelled),
        _ when workers > 0 => await ContendAsync(cancelled),
        _ => await _slots.RunAsync(options.Processes * options.Window, SlotAsync, null, cancelled),
    };

    private async Task SlotAsync(int slot)
    {
        var semaphores = world.Semaphores(slot / options.Window);
        for (long turn = slot; _slots.Goes(); turn += options.Window)
        {
            var semaphore = semaphores[turn % semaphores.Length];
            var from = Stopwatch.GetTimestamp();
            await world.AddAsync(semaphore);
            var between = Stopwatch.GetTimestamp();
            _slots.Add(from, between);
            await world.TakeAsync(semaphore);
            _slots.Add(between, Stopwatch.GetTimestamp());
        }
    }

    private Task<BenchReport> SequentialAsync(TSemaphore semaphore, CancellationToken cancelled) =>
        new SingleCalls(options, progress).SequentialAsync(
            number => number % 2 == 0 ? world.AddAsync(semaphore, cancelled) : world.TakeAsync(semaphore, cancelled),
            null);

    private Task<BenchReport> WakeAsync(TSemaphore adder, TSemaphore taker, CancellationToken cancelled) =>
        new SingleCalls(options, progress).WakeAsync(
            () => world.TakeAsync(taker, cancelled).AsTask(),
            () => world.IsAwaitedAsync(adder, cancelled),
            () => world.AddAsync(adder, cancelled).AsTask());

    private async Task<BenchReport> ContendAsync(CancellationToken cancelled)
    {
        var report = await _slots.RunAsync(workers, WorkAsync, Count, cancelled);
        var pairs = _after.Zip(_before, (now, then) => now - then).ToArray();
        var fair = Math.Max(1, pairs.Sum()) / (double)workers;
        Contention = new Contention(pairs.Sum() / report.Seconds, pairs.Min() / fair, pairs.Max() / fair);
        return report;
    }

    private void Count(bool begins)
    {
        if (begins) _before = [.. _pairs];
        else _after = [.. _pairs];
    }

    private async Task WorkAsync(int worker)
    {
        var semaphore = world.Semaphores(worker % options.Processes)[0];
        while (_slots.Goes())
        {
            var permit = await world.LockAsync(semaphore);
            // Only the holder of the lock runs here, so these members need no lock of their own.
            var now = Stopwatch.GetTimestamp();
            if (_released != 0) _slots.Add(_released, now);
            _pairs[worker]++;
            _released = Stopwatch.GetTimestamp();
            await permit.DisposeAsync();
        }
    }
}
