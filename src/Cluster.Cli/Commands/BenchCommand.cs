using System.CommandLine;
using Cluster.Cli.Bench;
using Cluster.Cli.Output;

namespace Cluster.Cli.Commands;

/// <summary>The load generator.</summary>
internal static class BenchCommand
{
    private const string Description = """
        Measure message queues: calls a second and percentiles of their times. Acts as uid 0 in a namespace of its own,
        and removes it again.

        Each process keeps a window of calls in flight; each slot of it sends a message and then receives one, on queue
        after queue. A call is one send or one receive.

        Examples:
          ipc bench msg --durable --objects 16 --window 256 --seconds 10
          ipc bench msg --volatile --processes 2 --json
          ipc bench msg --backlog 100000
          ipc bench msg --waiters 10000 --waiter-types many
          ipc bench msg --sequential --seconds 5
          ipc bench msg --wake --messages 10000
        """;

    public static Command Create(Globals globals)
    {
        var arguments = new BenchArguments();
        var msg = new Command("msg", Description);
        arguments.AddTo(msg);
        globals.RunAlone(msg, async (parsed, cancelled) =>
        {
            var options = arguments.Read(parsed, globals.Options(parsed));
            var isTerminal = !Console.IsErrorRedirected && !globals.Json(parsed);
            // Carriage return, the line, and the rest of the old one erased.
            Action<string> progress = isTerminal ? line => globals.Error.Write($"\r{line}\e[K") : _ => { };
            await RunAsync(globals, options, progress, globals.Json(parsed), cancelled);
        });
        return new Command("bench", "Measure a node. Example: ipc bench msg --seconds 5")
        {
            msg, SemBenchCommand.Create(globals), ShmBenchCommand.Create(globals),
        };
    }

    private static async Task RunAsync(
        Globals globals, BenchOptions options, Action<string> progress, bool json, CancellationToken cancelled)
    {
        await using var world = new BenchWorld(options, globals.Connect);
        try
        {
            await world.OpenAsync(progress, cancelled);
            var report = options.Mode switch
            {
                BenchMode.Sequential => await new SequentialBench(options, world, progress).RunAsync(cancelled),
                BenchMode.Wake => await new WakeBench(options, world, progress).RunAsync(cancelled),
                _ => await new LoadBench(options, world, progress).RunAsync(cancelled),
            };
            var node = await world.StatAsync(cancelled);
            progress("");
            await globals.Out.WriteLineAsync(report.ToJson(options, node).Show(json));
            // At once: the removal of many queues takes a while.
            await globals.Out.FlushAsync(cancelled);
            await world.RemoveAsync(cancelled);
            if (report.Errors > 0)
                throw new FailedException($"bench: {report.Errors} calls failed: {report.FirstError}");
        }
        finally
        {
            progress("");
        }
    }
}
