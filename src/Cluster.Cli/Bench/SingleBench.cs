using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Cluster.Cli.Bench;

/// <summary>One thing at a time: the time of one durable send, or of waking a blocked receiver.</summary>
internal sealed class SingleBench(BenchOptions options, BenchWorld world)
{
    private const int DrainEvery = 1_000;
    private const int WarmupRounds = 200;

    private readonly Latencies _latencies = new();
    private readonly byte[] _text = new byte[options.Payload];

    /// <summary>One send after the other, nothing else under way.</summary>
    public async Task<JsonObject> SequentialAsync(CancellationToken cancelled)
    {
        var queue = world.Queue(0, 0);
        var (started, waited) = (Stopwatch.GetTimestamp(), 0L);
        for (var sent = 1; Stopwatch.GetElapsedTime(started).TotalSeconds < options.Seconds; sent++)
        {
            var from = Stopwatch.GetTimestamp();
            await queue.SendAsync(BenchWorld.LoadType, _text, null, cancelled);
            if (sent > WarmupRounds) _latencies.AddSince(from);
            if (sent % DrainEvery != 0) continue;
            from = Stopwatch.GetTimestamp();
            while (await queue.TryReceiveAsync(cancellationToken: cancelled) is not null)
            {
                // Outside of what is measured.
            }

            waited += Stopwatch.GetTimestamp() - from;
        }

        return Report("msgsnd", Stopwatch.GetElapsedTime(started).TotalSeconds - waited / (double)Stopwatch.Frequency);
    }

    /// <summary>From just before a send to the continuation of the receiver that was blocked.</summary>
    public async Task<JsonObject> WakeAsync(CancellationToken cancelled)
    {
        var (sender, receiver) = (world.Queue(0, 0), world.Queue(options.Processes > 1 ? 1 : 0, 0));
        var started = Stopwatch.GetTimestamp();
        for (var round = 1; Stopwatch.GetElapsedTime(started).TotalSeconds < options.Seconds; round++)
        {
            var woken = WokenAsync(receiver, cancelled);
            while ((await sender.StatAsync(true, cancelled)).Receivers == 0) cancelled.ThrowIfCancellationRequested();
            var from = Stopwatch.GetTimestamp();
            var sending = sender.SendAsync(BenchWorld.LoadType, _text, null, cancelled);
            var at = await woken;
            await sending;
            if (round > WarmupRounds) _latencies.AddSince(Stopwatch.GetTimestamp() - (at - from));
        }

        return Report("wake", Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private static async Task<long> WokenAsync(Client.IMessageQueue queue, CancellationToken cancelled)
    {
        await queue.ReceiveAsync(cancellationToken: cancelled);
        return Stopwatch.GetTimestamp();
    }

    private JsonObject Report(string call, double seconds) => new()
    {
        ["kind"] = "msg",
        ["call"] = call,
        ["durable"] = !options.Volatile,
        ["objects"] = 1,
        ["window"] = 1,
        ["processes"] = options.Processes,
        ["payload_bytes"] = options.Payload,
        ["backlog"] = options.Backlog,
        ["waiters"] = options.Waiters,
        ["seconds"] = Math.Round(seconds, 3),
        ["calls"] = _latencies.Count,
        ["calls_per_s"] = Math.Round(_latencies.Count / seconds),
        ["p50_ms"] = _latencies.PercentileMs(50),
        ["p99_ms"] = _latencies.PercentileMs(99),
        ["p999_ms"] = _latencies.PercentileMs(99.9),
        ["errors"] = 0L,
    };
}
