using System.Diagnostics;
using System.Security.Cryptography;
using Cluster.Client;

namespace Cluster.Cli.Bench;

/// <summary>What a measurement of a contended lock gives beside its calls.</summary>
/// <param name="PairsPerSecond">Acquisitions with their releases.</param>
/// <param name="LeastShare">Of the worker that got the lock least often, in fair shares (1: as often as all).</param>
/// <param name="GreatestShare">Of the worker that got it most often.</param>
internal readonly record struct Contention(double PairsPerSecond, double LeastShare, double GreatestShare);

/// <summary>
/// Semaphores under load, in a namespace of their own. Either each slot of the window adds to a semaphore and takes
/// from it, on set after set: a call is one semop. Or workers contend for one lock: each acquires and releases it, and
/// the time that is measured is from just before a release to the continuation of the worker that gets the lock next.
/// </summary>
internal sealed class SemBench(
    BenchOptions options, int workers, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);
    private static readonly SemaphoreOperation[] Add = [new(0, 1)];
    private static readonly SemaphoreOperation[] Take = [new(0, -1)];

    private readonly List<IIpcClient> _clients = [];
    private readonly long[] _pairs = new long[Math.Max(1, workers)];
    private volatile Latencies _latencies = new();
    private volatile bool _stop;
    private volatile string? _firstError;
    private long _errors;
    private long _released;

    /// <summary>What the workers of a contended lock got; null if there were none.</summary>
    public Contention? Contention { get; private set; }

    /// <summary>The connection that the report asks its node with.</summary>
    public IIpcClient Client => _clients[0];

    public async Task<BenchReport> RunAsync(Func<BenchReport, Task> tell, CancellationToken cancelled)
    {
        var root = options.Connection with { Uid = 0, Gid = 0, Window = Math.Max(1_024, options.Window) };
        var name = $"bench-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        await using var parent = await connect(root, cancelled);
        await parent.Namespaces.CreateAsync(name, cancelled);
        try
        {
            var inside = root with { Namespace = $"{root.Namespace.TrimEnd('/')}/{name}" };
            for (var i = 0; i < options.Processes; i++) _clients.Add(await connect(inside, cancelled));
            var report = await MeasureAsync(await MakeAsync(cancelled), cancelled);
            await tell(report);
            return report;
        }
        finally
        {
            foreach (var client in _clients) await client.DisposeAsync();
            await parent.Namespaces.RemoveAsync(name, CancellationToken.None).WaitAsync(EndTimeout, cancelled);
        }
    }

    private async Task<int[]> MakeAsync(CancellationToken cancelled)
    {
        var ids = new int[workers > 0 ? 1 : options.Objects];
        var bound = new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = cancelled };
        await Parallel.ForAsync(0, ids.Length, bound, async (index, _) =>
        {
            var set = await _clients[0].SemaphoreSets.CreateAsync(1, 0x180, options.Volatile, cancelled);
            if (workers > 0) await set.SetValueAsync(0, 1, cancelled);
            ids[index] = set.Id;
        });
        return ids;
    }

    private async Task<BenchReport> MeasureAsync(int[] ids, CancellationToken cancelled)
    {
        var slots = workers > 0
            ? Enumerable.Range(0, workers)
                .Select(worker => Task.Run(() => GuardAsync(() => ContendAsync(worker, ids[0]))))
            : Enumerable.Range(0, options.Processes * options.Window)
                .Select(slot => Task.Run(() => GuardAsync(() => SlotAsync(slot, ids))));
        var all = Task.WhenAll(slots);
        await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(options.WarmupSeconds), cancelled));
        var before = (long[])_pairs.Clone();
        (_latencies, var started) = (new Latencies(), Stopwatch.GetTimestamp());
        await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(options.Seconds), cancelled));
        var (measured, seconds) = (_latencies, Stopwatch.GetElapsedTime(started).TotalSeconds);
        var pairs = _pairs.Zip(before, (now, then) => now - then).ToArray();
        (_stop, _latencies) = (true, new Latencies());
        await all.WaitAsync(EndTimeout, cancelled);
        if (workers > 0)
        {
            var fair = Math.Max(1, pairs.Sum()) / (double)workers;
            Contention = new Contention(pairs.Sum() / seconds, pairs.Min() / fair, pairs.Max() / fair);
        }

        return new BenchReport(measured.Summarize(), seconds, Interlocked.Read(ref _errors), _firstError);
    }

    private async Task SlotAsync(int slot, int[] ids)
    {
        var client = _clients[slot / options.Window];
        ISemaphoreSet[] sets = [.. ids.Select(client.SemaphoreSets.Open)];
        for (long turn = slot; !_stop; turn += options.Window)
        {
            var set = sets[turn % sets.Length];
            var from = Stopwatch.GetTimestamp();
            await set.OperateAsync(Add);
            var between = Stopwatch.GetTimestamp();
            _latencies.Add(from, between);
            await set.OperateAsync(Take);
            _latencies.Add(between, Stopwatch.GetTimestamp());
        }
    }

    private async Task ContendAsync(int worker, int id)
    {
        var set = _clients[worker % _clients.Count].SemaphoreSets.Open(id);
        while (!_stop)
        {
            var permit = await set.AcquireAsync();
            // Only the holder of the lock is here.
            var now = Stopwatch.GetTimestamp();
            if (_released != 0) _latencies.Add(_released, now);
            _pairs[worker]++;
            _released = Stopwatch.GetTimestamp();
            await permit.DisposeAsync();
        }
    }

    private async Task GuardAsync(Func<Task> slot)
    {
        try
        {
            await slot();
        }
        catch (Exception exception) when (exception is IpcException or ObjectDisposedException)
        {
            Interlocked.Increment(ref _errors);
            _firstError ??= exception.Message;
        }
    }
}
