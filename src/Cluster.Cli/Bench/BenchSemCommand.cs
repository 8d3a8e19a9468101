using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Bench;

/// <summary>The load generator for semaphore sets.</summary>
internal static class BenchSemCommand
{
    private const string Description = """
        Measure semaphore sets: calls a second and percentiles of their times. Acts as uid 0 in a namespace of its own,
        and removes it again.

        Each process keeps a window of calls in flight; each slot of it adds to a semaphore and then takes from it, on
        set after set. With --contend so many workers acquire and release one lock instead; the times are those from
        just before a release to the continuation of the worker that gets the lock next. Workers of one process hand
        the lock to each other where nobody else stands between them; --processes 64 makes each of 64 a process.

        Examples:
          ipc bench sem --durable --objects 16 --window 256 --seconds 10
          ipc bench sem --volatile --contend 64 --json
          ipc bench sem --waiters 10000 --waiter-types many
          ipc bench sem --wake --messages 10000
        """;

    private static readonly BenchWords Terms = new(
        Objects: "Semaphore sets",
        MostObjects: 30_000,
        Payload: "Without effect, for scripts that measure all kinds: a semop carries no bytes",
        DefaultPayload: 0,
        MostPayload: Bounds.MessageBytes,
        Messages: "Make so many pairs of calls instead, or single ones; without a warm-up",
        Sequential: "Measure one semop at a time",
        Wake: "Measure from just before an addition to the continuation of the process that it wakes",
        Backlog: null,
        Waiters: "Processes that are blocked on other semaphores of the first set meanwhile",
        WaiterTypes: "The waiters wait for one semaphore, or for one each");

    public static Command Create(Globals globals)
    {
        var arguments = new BenchArguments(Terms);
        var contend = Contend();
        var command = new Command("sem", Description);
        arguments.AddTo(command, contend);
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            var workers = parsed.GetValue(contend);
            var options = arguments.Read(parsed, globals.Options(parsed)) with { Payload = 0 };
            if (options.ManyTypes && options.Waiters > SemBenchWorld.WaiterSemaphores)
            {
                throw new UsageException($"--waiters: a set has a semaphore each for {SemBenchWorld.WaiterSemaphores} "
                    + "of them at most: --waiter-types one");
            }

            var place = new SemBenchWorld(options, globals.Connect);
            await RunAsync(globals, parsed, options, place, ("sem", "semop"), workers, cancelled);
        });
        return command;
    }

    /// <summary>The workers that contend for one semaphore.</summary>
    public static Option<int> Contend() =>
        CommonOptions.Number("--contend", "Workers that contend for one lock; 0: none", 0, 0, 10_000);

    /// <summary>Measures semaphores of any kind.</summary>
    /// <param name="globals">The output.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="options">What to measure.</param>
    /// <param name="place">The semaphores.</param>
    /// <param name="names">The kind and the call, for the report.</param>
    /// <param name="workers">Workers that contend for one lock; 0: none.</param>
    /// <param name="cancelled">Gives up.</param>
    public static Task RunAsync<TSemaphore>(
        Globals globals, ParseResult parsed, BenchOptions options, SemaphoreBenchWorld<TSemaphore> place,
        (string Kind, string Call) names, int workers, CancellationToken cancelled) =>
        BenchCommand.RunAsync(globals, parsed, place, cancelled, async (world, progress) =>
        {
            var bench = new SemBench<TSemaphore>(options, workers, world, progress);
            var report = await bench.RunAsync(cancelled);
            var call = workers > 0 ? "hand-over" : options.Mode == BenchMode.Wake ? "wake" : names.Call;
            var json = report.ToJson(names.Kind, call, options, await world.StatAsync(cancelled));
            if (bench.Contention is { } contention) Add(contention, workers, json);
            return json;
        });

    private static void Add(Contention contention, int workers, JsonObject json)
    {
        json["workers"] = workers;
        json["window"] = 1;
        json["pairs_per_s"] = Math.Round(contention.PairsPerSecond);
        json["least_share"] = Math.Round(contention.LeastShare, 3);
        json["greatest_share"] = Math.Round(contention.GreatestShare, 3);
    }
}
