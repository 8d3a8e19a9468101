using System.Diagnostics;
using Cluster.Client;

namespace Cluster.Cli.Bench;

/// <summary>So many slots a process, each adds to its word, or writes its range, on segment after segment.</summary>
internal sealed class ShmLoadBench(ShmBenchOptions options, ShmBenchWorld world, Action<string> progress)
{
    private readonly byte[] _data = new byte[options.Load.Payload];
    private volatile Latencies _latencies = new();
    private volatile bool _stop;
    private volatile string? _firstError;
    private long _errors;
    private long _left = options.Load.Messages;

    public async Task<BenchReport> RunAsync(CancellationToken cancelled)
    {
        var load = options.Load;
        var slots = load.Mode == BenchMode.Sequential ? 1 : load.Processes * load.Window;
        var all = Task.WhenAll(Enumerable.Range(0, slots).Select(slot => Task.Run(() => SlotAsync(slot))));
        var started = Stopwatch.GetTimestamp();
        try
        {
            if (load.Messages == 0)
            {
                await WaitAsync(load.WarmupSeconds, "warming up", all, cancelled);
                (_latencies, started) = (new Latencies(), Stopwatch.GetTimestamp());
            }

            await WaitAsync(load.Messages > 0 ? double.MaxValue : load.Seconds, "measuring", all, cancelled);
        }
        finally
        {
            _stop = true;
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var measured = _latencies;
        if (load.Messages == 0) _latencies = new Latencies();
        await all.WaitAsync(TimeSpan.FromSeconds(30), cancelled);
        return new BenchReport(measured.Summarize(), seconds, Interlocked.Read(ref _errors), _firstError);
    }

    private async Task SlotAsync(int slot)
    {
        var segments = world.Attachments(slot / options.Load.Window);
        var range = Math.Max(sizeof(long), (_data.Length + 7) / 8 * 8);
        var offset = (long)slot * range % (ShmBenchWorld.SegmentBytes - range + 1) / 8 * 8;
        try
        {
            for (long turn = slot; Goes(); turn += options.Load.Window)
            {
                var segment = segments[turn % segments.Length];
                var from = Stopwatch.GetTimestamp();
                if (options.Writes) await segment.WriteAsync(offset, _data);
                else await segment.FetchAddAsync(offset, 1L);
                _latencies.Add(from, Stopwatch.GetTimestamp());
            }
        }
        catch (Exception exception) when (exception is IpcException or ObjectDisposedException)
        {
            Interlocked.Increment(ref _errors);
            _firstError ??= exception.Message;
        }
    }

    private bool Goes() => !_stop && (options.Load.Messages == 0 || Interlocked.Decrement(ref _left) >= 0);

    private async Task WaitAsync(double seconds, string what, Task all, CancellationToken cancelled)
    {
        var started = Stopwatch.GetTimestamp();
        while (!all.IsCompleted && Stopwatch.GetElapsedTime(started).TotalSeconds is var passed && passed < seconds)
        {
            progress($"{what}: {passed:F1} s, {_latencies.Count / Math.Max(passed, 0.001):N0} calls/s");
            var step = TimeSpan.FromSeconds(Math.Min(0.2, seconds - passed));
            await Task.WhenAny(all, Task.Delay(step, cancelled));
            cancelled.ThrowIfCancellationRequested();
        }
    }
}
