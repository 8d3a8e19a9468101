using System.Text.Json.Nodes;

namespace Cluster.Cli.Bench;

/// <summary>The result of a measurement.</summary>
/// <param name="Latency">The times of the calls, or of the wake-ups.</param>
/// <param name="Seconds">The length of the measurement, without the warm-up and without excluded intervals.</param>
/// <param name="Errors">Calls that failed. Each ended the slot that made it.</param>
/// <param name="FirstError">The message of the first of them.</param>
internal sealed record BenchReport(Latency Latency, double Seconds, long Errors = 0, string? FirstError = null)
{
    /// <summary>The report. It is written as JSON, or for people line by line.</summary>
    /// <param name="kind">The kind of object: msg, sem, shm.</param>
    /// <param name="call">The call that was measured.</param>
    /// <param name="options">The options of the measurement.</param>
    /// <param name="node">The node.</param>
    public JsonObject ToJson(string kind, string call, BenchOptions options, NodeStatus node)
    {
        var isLoad = options.Mode is BenchMode.Load or BenchMode.Recovery;
        var json = new JsonObject
        {
            ["kind"] = kind,
            ["call"] = call,
            ["durable"] = !options.Volatile,
            ["objects"] = isLoad ? options.Objects : 1,
            ["window"] = isLoad ? options.Window : 1,
            ["processes"] = options.Processes,
            ["payload_bytes"] = options.Payload,
            ["backlog"] = options.Backlog,
            ["waiters"] = options.Waiters,
            ["warmup_seconds"] = options.EffectiveWarmupSeconds,
            ["seconds"] = Math.Round(Seconds, 3),
            ["calls"] = Latency.Count,
            ["calls_per_s"] = Seconds > 0 ? Math.Round(Latency.Count / Seconds) : 0,
            ["p50_ms"] = Latency.P50Ms,
            ["p99_ms"] = Latency.P99Ms,
            ["p999_ms"] = Latency.P999Ms,
            ["errors"] = Errors,
            ["node"] = node.Node,
            ["journal"] = node.Journal,
            ["journal_commit_us"] = Math.Round(node.JournalCommitUs, 1),
        };
        // The cost of a durable call as a multiple of the journal's commit.
        if (options is { Mode: BenchMode.Sequential, Volatile: false } && node.JournalCommitUs > 0)
            json["p50_per_commit"] = Math.Round(Latency.P50Ms * 1_000 / node.JournalCommitUs, 2);
        if (options.Waiters > 0) json["waiter_types"] = options.ManyTypes ? "many" : "one";
        if (FirstError is not null) json["first_error"] = FirstError;
        return json;
    }
}
