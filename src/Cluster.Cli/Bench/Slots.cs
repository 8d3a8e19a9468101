using System.Diagnostics;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Bench;

/// <summary>
/// The loop of a load. A number of slots run at once, and each makes one call after the other: for a time after a
/// warm-up, or until all slots together have made a number of turns.
/// </summary>
internal sealed class Slots(BenchOptions options, Action<string> progress)
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);

    private volatile Latencies _latencies = new();
    private volatile bool _stop;
    private volatile string? _firstError;
    private long _errors;
    private long _left = options.Messages;

    /// <summary>Whether to make another turn. Counts the turn.</summary>
    public bool Goes() => !_stop && (options.Messages == 0 || Interlocked.Decrement(ref _left) >= 0);

    /// <summary>Counts a call.</summary>
    public void Add(long from, long to) => _latencies.Add(from, to);

    /// <summary>Runs the slots.</summary>
    /// <param name="count">How many.</param>
    /// <param name="slot">Runs the slot with a number: makes turns as long as it <see cref="Goes"/>.</param>
    /// <param name="measuring">Called with true when the measurement begins, with false when it ends.</param>
    /// <param name="cancelled">Gives up.</param>
    public async Task<BenchReport> RunAsync(
        int count, Func<int, Task> slot, Action<bool>? measuring, CancellationToken cancelled)
    {
        var started = Stopwatch.GetTimestamp();
        var all = Task.WhenAll(Enumerable.Range(0, count).Select(number => Task.Run(() => GuardAsync(slot(number)))));
        try
        {
            if (options.Messages == 0) await WaitAsync(options.WarmupSeconds, "warming up", all, cancelled);
            measuring?.Invoke(true);
            if (options.Messages == 0) (_latencies, started) = (new Latencies(), Stopwatch.GetTimestamp());
            await WaitAsync(options.Messages > 0 ? double.MaxValue : options.Seconds, "measuring", all, cancelled);
        }
        finally
        {
            _stop = true;
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        measuring?.Invoke(false);
        var measured = _latencies;
        // Calls that end from now on are not part of the measurement.
        if (options.Messages == 0) _latencies = new Latencies();
        await EndAsync(all, cancelled);
        return new BenchReport(measured.Summarize(), seconds, Interlocked.Read(ref _errors), _firstError);
    }

    // A call waits as long as no node answers. The measurement fails after a bounded time instead.
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

    private async Task GuardAsync(Task slot)
    {
        try
        {
            await slot;
        }
        catch (Exception exception) when (exception is IIpcError or ObjectDisposedException)
        {
            Interlocked.Increment(ref _errors);
            _firstError ??= exception.Message;
        }
    }

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
