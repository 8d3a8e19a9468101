using System.Diagnostics;
using Cluster.Client;

namespace Cluster.Cli.Bench;

/// <summary>
/// The load: so many slots a process, each sends a message and then receives one, on queue after queue, so that the
/// queues stay nearly empty and no receive waits for long. A call is one send or one receive.
/// </summary>
internal sealed class LoadBench(BenchOptions options, BenchWorld world, Action<string> progress)
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);

    private readonly byte[] _text = new byte[options.Payload];
    // With a backlog the load has to choose its own messages; without, it takes the first.
    private readonly long _wanted = options.Backlog > 0 ? BenchWorld.LoadType : 0;
    private volatile Latencies _latencies = new();
    private volatile bool _stop;
    private volatile string? _firstError;
    private long _errors;
    private long _left = options.Messages;

    public async Task<BenchReport> RunAsync(CancellationToken cancelled)
    {
        var started = Stopwatch.GetTimestamp();
        var all = Task.WhenAll(Enumerable.Range(0, options.Processes * options.Window).Select(StartSlot));
        try
        {
            if (options.Messages == 0)
            {
                await WaitAsync(options.WarmupSeconds, "warming up", all, cancelled);
                (_latencies, started) = (new Latencies(), Stopwatch.GetTimestamp());
            }

            await WaitAsync(options.Messages > 0 ? double.MaxValue : options.Seconds, "measuring", all, cancelled);
        }
        finally
        {
            _stop = true;
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var measured = _latencies;
        // What ends from now on was not in time.
        if (options.Messages == 0) _latencies = new Latencies();
        await EndAsync(all, cancelled);
        return new BenchReport(measured.Summarize(), seconds, Interlocked.Read(ref _errors), _firstError);
    }

    // Calls wait for as long as no node answers; the measurement does not.
    private static async Task EndAsync(Task all, CancellationToken cancelled)
    {
        try
        {
            await all.WaitAsync(EndTimeout, cancelled);
        }
        catch (TimeoutException)
        {
            throw new FailedException($"bench: calls are unanswered {EndTimeout.TotalSeconds} s after the end");
        }
    }

    private Task StartSlot(int slot)
    {
        var queues = world.Queues(slot / options.Window);
        return Task.Run(() => SlotAsync(queues, slot));
    }

    private async Task SlotAsync(IMessageQueue[] queues, int slot)
    {
        try
        {
            for (long turn = slot; Goes(); turn += options.Window)
            {
                var queue = queues[turn % queues.Length];
                var from = Stopwatch.GetTimestamp();
                await queue.SendAsync(BenchWorld.LoadType, _text);
                var between = Stopwatch.GetTimestamp();
                _latencies.Add(from, between);
                await queue.ReceiveAsync(_wanted);
                _latencies.Add(between, Stopwatch.GetTimestamp());
            }
        }
        catch (Exception exception) when (exception is IpcException or ObjectDisposedException)
        {
            Interlocked.Increment(ref _errors);
            _firstError ??= exception.Message;
        }
    }

    private bool Goes() => !_stop && (options.Messages == 0 || Interlocked.Decrement(ref _left) >= 0);

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
