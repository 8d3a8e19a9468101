using System.CommandLine;
using Cluster.Cli.Bench;
using Cluster.Cli.Output;

namespace Cluster.Cli.Commands;

/// <summary>The load generator, for semaphore sets.</summary>
internal static class SemBenchCommand
{
    private const string Description = """
        Measure semaphore sets: calls a second and percentiles of their times. Acts as uid 0 in a namespace of its own,
        and removes it again.

        Each process keeps a window of calls in flight; each slot of it adds to a semaphore and then takes from it, on
        set after set. With --contend so many workers acquire and release one lock instead; the times are those from
        just before a release to the continuation of the worker that gets the lock next.

        Examples:
          ipc bench sem --durable --objects 16 --window 256 --seconds 10
          ipc bench sem --volatile --contend 64 --json
        """;

    public static Command Create(Globals globals)
    {
        var durable = new Option<bool>("--durable") { Description = "With a journal [the default]" };
        var isVolatile = new Option<bool>("--volatile") { Description = "Without a journal" };
        var processes = Number("--processes", "Client processes", 1, 1_000);
        var objects = Number("--objects", "Semaphore sets", 1, 30_000);
        var window = Number("--window", "Calls in flight of each process", 256, 16_384);
        var seconds = Number("--seconds", "How long to measure, after a warm-up of 2 s", 10, 86_400);
        var contend = Number("--contend", "Workers that contend for one lock; 0: none", 0, 10_000, lowest: 0);
        var command = new Command("sem", Description)
        {
            durable, isVolatile, processes, objects, window, seconds, contend,
        };
        command.Exclude(durable, isVolatile);
        command.Exclude(contend, objects);
        command.Exclude(contend, window);
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            var workers = parsed.GetValue(contend);
            var options = new BenchOptions
            {
                Connection = globals.Options(parsed),
                Volatile = parsed.GetValue(isVolatile),
                Processes = parsed.GetValue(processes),
                Objects = workers > 0 ? 1 : parsed.GetValue(objects),
                Window = parsed.GetValue(window),
                Seconds = parsed.GetValue(seconds),
            };
            var bench = new SemBench(options, workers, globals.Connect);
            var report = await bench.RunAsync(report => TellAsync(globals, bench, options, workers, report,
                globals.Json(parsed), cancelled), cancelled);
            if (report.Errors > 0)
                throw new FailedException($"bench: {report.Errors} calls failed: {report.FirstError}");
        });
        return command;
    }

    private static async Task TellAsync(
        Globals globals, SemBench bench, BenchOptions options, int workers, BenchReport report, bool asJson,
        CancellationToken cancelled)
    {
        var json = report.ToJson(options, await bench.Client.StatAsync(cancelled));
        (json["kind"], json["call"]) = ("sem", workers > 0 ? "hand-over" : "semop");
        foreach (var name in new[] { "payload_bytes", "backlog", "waiters" }) json.Remove(name);
        if (bench.Contention is { } contention)
        {
            json["workers"] = workers;
            json["window"] = 1;
            json["pairs_per_s"] = Math.Round(contention.PairsPerSecond);
            json["least_share"] = Math.Round(contention.LeastShare, 3);
            json["greatest_share"] = Math.Round(contention.GreatestShare, 3);
        }

        await globals.Out.WriteLineAsync(json.Show(asJson));
        await globals.Out.FlushAsync(cancelled);
    }

    private static Option<int> Number(string name, string description, int value, int highest, int lowest = 1) =>
        new(name)
        {
            HelpName = "N",
            Description = description,
            DefaultValueFactory = _ => value,
            CustomParser = result => Words.Number(result, lowest, highest),
        };
}
