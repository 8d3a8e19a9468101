using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Output;

namespace Cluster.Cli.Bench;

/// <summary>The load generators, and what they have in common.</summary>
internal static class BenchCommand
{
    public static Command Create(Globals globals) =>
        new("bench", "Measure a node. Example: ipc bench msg --seconds 5")
        {
            BenchMsgCommand.Create(globals),
            BenchSemCommand.Create(globals),
            BenchShmCommand.Create(globals),
            BenchMqCommand.Create(globals),
            BenchPsemCommand.Create(globals),
            BenchShmCommand.CreatePosix(globals),
            BenchRecoveryCommand.Create(globals),
        };

    /// <summary>Makes the objects of a measurement, measures, shows the report and removes the objects.</summary>
    public static async Task RunAsync<TPlace>(
        Globals globals, ParseResult parsed, TPlace place, CancellationToken cancelled,
        Func<TPlace, Action<string>, Task<JsonObject>> measure)
        where TPlace : BenchPlace
    {
        var json = globals.Json(parsed);
        var isTerminal = !Console.IsErrorRedirected && !json;
        // Carriage return, the line, and an escape code that erases the rest of the old line.
        Action<string> progress = isTerminal ? line => globals.Error.Write($"\r{line}\e[K") : _ => { };
        await using var world = place;
        try
        {
            await world.OpenAsync(progress, cancelled);
            var report = await measure(world, progress);
            progress("");
            await globals.Out.WriteLineAsync(report.Show(json));
            // Before the removal, because the removal of many objects takes a while.
            await globals.Out.FlushAsync(cancelled);
            await world.RemoveAsync(cancelled);
            if (report["errors"]?.GetValue<long>() is > 0 and var errors)
                throw new FailedException($"bench: {errors} calls failed: {report["first_error"]}");
        }
        finally
        {
            progress("");
        }
    }
}
