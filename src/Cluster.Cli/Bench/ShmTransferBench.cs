using System.Diagnostics;
using System.Text.Json.Nodes;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Bench;

/// <summary>
/// Writes new memory from end to end and reads it again, with one call of 16 MiB after the other.
/// </summary>
internal sealed class ShmTransferBench(ShmBenchOptions options, MemoryBenchWorld world, Action<string> progress)
{
    private const double Mebibyte = 1024 * 1024;

    public async Task<JsonObject> RunAsync(CancellationToken cancelled)
    {
        progress("warming up");
        await PassAsync(Math.Min(options.SequentialBytes, Bounds.TransferBytes), cancelled);
        progress("measuring");
        var (write, read) = await PassAsync(options.SequentialBytes, cancelled);
        var node = await world.StatAsync(cancelled);
        return new JsonObject
        {
            ["kind"] = options.Kind,
            ["call"] = "write, read",
            ["durable"] = !options.Load.Volatile,
            ["bytes"] = options.SequentialBytes,
            ["write_seconds"] = Math.Round(write, 3),
            ["write_mib_per_s"] = Math.Round(options.SequentialBytes / Mebibyte / write, 1),
            ["read_seconds"] = Math.Round(read, 3),
            ["read_mib_per_s"] = Math.Round(options.SequentialBytes / Mebibyte / read, 1),
            ["node"] = node.Node,
            ["journal"] = node.Journal,
            ["journal_commit_us"] = Math.Round(node.JournalCommitUs, 1),
        };
    }

    private async Task<(double Write, double Read)> PassAsync(long bytes, CancellationToken cancelled)
    {
        await using var memory = await world.MakeAsync(bytes, cancelled);
        var data = new byte[(int)Math.Min(bytes, Bounds.TransferBytes)];
        new Random(1).NextBytes(data);
        var started = Stopwatch.GetTimestamp();
        for (long at = 0; at < bytes; at += data.Length)
            await memory.WriteAsync(at, data.AsMemory(0, (int)Math.Min(data.Length, bytes - at)), cancelled);
        var write = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var buffer = new byte[data.Length];
        started = Stopwatch.GetTimestamp();
        for (long at = 0; at < bytes; at += buffer.Length)
        {
            var part = (int)Math.Min(buffer.Length, bytes - at);
            await memory.ReadAsync(at, buffer.AsMemory(0, part), cancelled);
            if (!buffer.AsSpan(0, part).SequenceEqual(data.AsSpan(0, part)))
                throw new FailedException($"bench: what was read at {at} is not what was written");
        }

        return (write, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }
}
