using System.CommandLine;
using System.Text.Json.Nodes;
using Cluster.Cli.Bench;
using Cluster.Cli.Output;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>The load generator for shared memory.</summary>
internal static class ShmBenchCommand
{
    private const string Description = """
        Measure shared memory: calls a second and percentiles of their times, or MiB a second. Acts as uid 0 in a
        namespace of its own, and removes it again.

        Each process keeps a window of calls in flight: atomic additions to words of 8 bytes, or with --payload writes.

        Examples:
          ipc bench shm --durable --objects 16 --window 256 --seconds 10
          ipc bench shm --volatile --payload 100 --json
          ipc bench shm --volatile --sequential-bytes 67108864
        """;

    public static Command Create(Globals globals)
    {
        var durable = new Option<bool>("--durable") { Description = "With a journal [the default]" };
        var isVolatile = new Option<bool>("--volatile") { Description = "Without a journal" };
        var processes = Number("--processes", "Client processes", 1, 1_000);
        var objects = Number("--objects", "Segments", 1, 10_000);
        var payload = Number("--payload", "Write so many bytes a call", 0, 64 * 1024);
        var window = Number("--window", "Calls in flight of each process", 256, 16_384);
        var seconds = Number("--seconds", "How long to measure, after a warm-up of 2 s", 10, 86_400);
        var messages = Number("--messages", "Make so many calls instead; without a warm-up", 0, int.MaxValue);
        var sequential = new Option<bool>("--sequential") { Description = "Measure one call at a time" };
        var bytes = Number("--sequential-bytes", "Write and read a segment of this size instead", 0, int.MaxValue);
        var command = new Command("shm", Description)
        {
            durable, isVolatile, processes, objects, payload, window, seconds, messages, sequential, bytes,
        };
        command.Exclude(durable, isVolatile);
        command.Exclude(seconds, messages);
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            var load = new BenchOptions
            {
                Connection = globals.Options(parsed),
                Mode = parsed.GetValue(sequential) ? BenchMode.Sequential : BenchMode.Load,
                Volatile = parsed.GetValue(isVolatile),
                Processes = parsed.GetValue(processes),
                Objects = parsed.GetValue(objects),
                Payload = parsed.GetValue(payload) is > 0 and var given ? given : sizeof(long),
                Window = parsed.GetValue(window),
                Seconds = parsed.GetValue(seconds),
                Messages = parsed.GetValue(messages),
            };
            var options = new ShmBenchOptions(load, parsed.GetValue(payload) > 0, parsed.GetValue(bytes));
            var isTerminal = !Console.IsErrorRedirected && !globals.Json(parsed);
            Action<string> progress = isTerminal ? line => globals.Error.Write($"\r{line}\e[K") : _ => { };
            await RunAsync(globals, options, progress, globals.Json(parsed), cancelled);
        });
        return command;
    }

    private static async Task RunAsync(
        Globals globals, ShmBenchOptions options, Action<string> progress, bool json, CancellationToken cancelled)
    {
        await using var world = new ShmBenchWorld(options, globals.Connect);
        try
        {
            await world.OpenAsync(progress, cancelled);
            long errors = 0;
            JsonObject report;
            if (options.SequentialBytes > 0)
            {
                report = await new ShmTransferBench(options, world, progress).RunAsync(cancelled);
            }
            else
            {
                var measured = await new ShmLoadBench(options, world, progress).RunAsync(cancelled);
                report = measured.ToJson(options.Load, await world.Client.StatAsync(cancelled));
                report["kind"] = "shm";
                report["call"] = options.Writes ? "write" : "fetch-add";
                errors = measured.Errors;
            }

            progress("");
            await globals.Out.WriteLineAsync(report.Show(json));
            await globals.Out.FlushAsync(cancelled);
            await world.RemoveAsync(cancelled);
            if (errors > 0) throw new FailedException($"bench: {errors} calls failed: {report["first_error"]}");
        }
        finally
        {
            progress("");
        }
    }

    private static Option<int> Number(string name, string description, int value, int highest) => new(name)
    {
        HelpName = "N",
        Description = description,
        DefaultValueFactory = _ => value,
        CustomParser = result => Words.Number(result, 1, highest),
    };
}
