using System.Diagnostics;
using System.Text.Json.Nodes;
using Cluster.Client;

namespace Cluster.Cli.Bench;

/// <summary>
/// The load: so many slots a process, each sends a message and then receives one, on queue after queue. A call is one
/// send or one receive.
/// </summary>
internal sealed class LoadBench(BenchOptions options, BenchWorld world, Action<string> progress)
{
    private readonly Latencies _latencies = new();
    private long _calls;
    private long _errors;
    private long _left = options.Messages > 0 ? options.Messages : long.MaxValue;
    private volatile bool _measuring;
    private volatile bool _stop;

    public async Task<JsonObject> RunAsync(CancellationToken cancelled)
    {
        _measuring = options.Messages > 0;
        var started = Stopwatch.GetTimestamp();
        var slots = Enumerable.Range(0, options.Processes * options.Window)
            .Select(slot => Task.Run(() => SlotAsync(slot / options.Window, slot), cancelled)).ToArray();
        var all = Task.WhenAll(slots);
        try
        {
            if (options.Messages == 0)
            {
                await WaitAsync(options.WarmupSeconds, "warming up", all, cancelled);
                (_calls, _measuring, started) = (0, true, Stopwatch.GetTimestamp());
                await WaitAsync(options.Seconds, "measuring", all, cancelled);
            }
            else
            {
                await WaitAsync(double.MaxValue, "measuring", all, cancelled);
            }
        }
        finally
        {
            _measuring = false;
            _stop = true;
        }

        var (calls, seconds) = (Volatile.Read(ref _calls), Stopwatch.GetElapsedTime(started).TotalSeconds);
        await all;
        return Report(calls, seconds);
    }

    private JsonObject Report(long calls, double seconds) => new()
    {
        ["kind"] = "msg",
        ["durable"] = !options.Volatile,
        ["objects"] = options.Objects,
        ["window"] = options.Window,
        ["processes"] = options.Processes,
        ["payload_bytes"] = options.Payload,
        ["backlog"] = options.Backlog,
        ["waiters"] = options.Waiters,
        ["warmup_seconds"] = options.Messages > 0 ? 0 : options.WarmupSeconds,
        ["seconds"] = Math.Round(seconds, 3),
        ["calls"] = calls,
        ["calls_per_s"] = Math.Round(calls / seconds),
        ["p50_ms"] = _latencies.PercentileMs(50),
        ["p99_ms"] = _latencies.PercentileMs(99),
        ["p999_ms"] = _latencies.PercentileMs(99.9),
        ["errors"] = Volatile.Read(ref _errors),
    };

    private async Task SlotAsync(int client, int slot)
    {
        var text = new byte[options.Payload];
        var handles = Enumerable.Range(0, options.Objects).Select(index => world.Queue(client, index)).ToArray();
        // With a backlog of another type the load has to choose its own; without, it takes the first.
        var wanted = options.Backlog > 0 ? BenchWorld.LoadType : 0;
        for (var turn = slot; !_stop && Interlocked.Decrement(ref _left) >= 0; turn += options.Window)
        {
            var queue = handles[turn % handles.Length];
            try
            {
                var from = Stopwatch.GetTimestamp();
                await queue.SendAsync(BenchWorld.LoadType, text);
                Count(from);
                from = Stopwatch.GetTimestamp();
                await queue.ReceiveAsync(wanted);
                Count(from);
            }
            catch (IpcException)
            {
                Interlocked.Increment(ref _errors);
                return;
            }
        }
    }

    private void Count(long from)
    {
        Interlocked.Increment(ref _calls);
        if (_measuring) _latencies.AddSince(from);
    }

    private async Task WaitAsync(double seconds, string what, Task all, CancellationToken cancelled)
    {
        var started = Stopwatch.GetTimestamp();
        using var second = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (!all.IsCompleted && Stopwatch.GetElapsedTime(started).TotalSeconds is var passed && passed < seconds)
        {
            progress($"{what}: {passed:F1} s, {Volatile.Read(ref _calls) / Math.Max(passed, 0.001):N0} calls/s");
            await second.WaitForNextTickAsync(cancelled);
        }
    }
}
