using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Bench;

/// <summary>The load generators for shared memory: segments, and POSIX objects.</summary>
internal static class BenchShmCommand
{
    private const string Segments = """
        Measure shared memory: calls a second and percentiles of their times, or MiB a second. Acts as uid 0 in a
        namespace of its own, and removes it again.

        Each process keeps a window of calls in flight: atomic additions to words of 8 bytes, or with --payload writes.

        Examples:
          ipc bench shm --durable --objects 16 --window 256 --seconds 10
          ipc bench shm --volatile --payload 100 --json
          ipc bench shm --volatile --sequential-bytes 67108864
        """;

    private const string Objects = """
        Measure POSIX shared memory: calls a second and percentiles of their times, or MiB a second. Acts as uid 0 in a
        namespace of its own, and removes it again.

        Each process maps each object and keeps a window of calls in flight, as for ipc bench shm: atomic additions to
        words of 8 bytes, or with --payload writes.

        Examples:
          ipc bench pshm --durable --objects 16 --window 256 --seconds 10
          ipc bench pshm --volatile --payload 100 --json
          ipc bench pshm --volatile --sequential-bytes 67108864
        """;

    private static readonly BenchWords Terms = new(
        Objects: "Segments",
        MostObjects: 10_000,
        Payload: "Write so many bytes a call, rather than add to a word; 0: add",
        DefaultPayload: 0,
        MostPayload: 64 * 1024,
        Messages: "Make so many calls instead; without a warm-up",
        Sequential: "Measure one call at a time",
        Wake: null,
        Backlog: null,
        Waiters: null,
        WaiterTypes: null);

    /// <summary>ipc bench shm.</summary>
    public static Command Create(Globals globals) => Create(
        globals, "shm", Segments, Terms, options => new ShmBenchWorld(options, globals.Connect));

    /// <summary>ipc bench pshm.</summary>
    public static Command CreatePosix(Globals globals) => Create(
        globals, "pshm", Objects, Terms with { Objects = "POSIX shared memory objects" },
        options => new PshmBenchWorld(options, globals.Connect));

    private static Command Create(
        Globals globals, string kind, string description, BenchWords terms, Func<ShmBenchOptions, MemoryBenchWorld> place)
    {
        var arguments = new BenchArguments(terms);
        var bytes = new Option<int>("--sequential-bytes")
        {
            HelpName = "N",
            Description = "Write and read an object of this size instead",
            CustomParser = result => Words.Number(result, 1, int.MaxValue),
        };
        var command = new Command(kind, description);
        arguments.AddTo(command, bytes);
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            var load = arguments.Read(parsed, globals.Options(parsed));
            var writes = load.Payload > 0;
            if (!writes) load = load with { Payload = sizeof(long) };
            var options = new ShmBenchOptions(kind, load, writes, parsed.GetValue(bytes));
            await BenchCommand.RunAsync(
                globals, parsed, place(options), cancelled, async (world, progress) =>
                {
                    if (options.SequentialBytes > 0)
                        return await new ShmTransferBench(options, world, progress).RunAsync(cancelled);
                    var report = await new ShmLoadBench(options, world, progress).RunAsync(cancelled);
                    return report.ToJson(
                        kind, writes ? "write" : "fetch-add", load, await world.StatAsync(cancelled));
                });
        });
        return command;
    }
}
