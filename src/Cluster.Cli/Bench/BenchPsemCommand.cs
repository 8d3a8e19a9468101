using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Bench;

/// <summary>The load generator for named POSIX semaphores.</summary>
internal static class BenchPsemCommand
{
    private const string Description = """
        Measure named POSIX semaphores: calls a second and percentiles of their times. Acts as uid 0 in a namespace of
        its own, and removes it again.

        Each process keeps a window of calls in flight; each slot of it posts to a semaphore and then waits on it, on
        semaphore after semaphore, as for ipc bench sem. A call is one sem_post or one sem_wait. With --contend so many
        workers wait on one semaphore with the value 1 and post it instead; the times are those from just before a post
        to the continuation of the worker that it wakes. --processes 64 makes each of 64 a process.

        Examples:
          ipc bench psem --durable --objects 16 --window 256 --seconds 10
          ipc bench psem --volatile --contend 64 --processes 64 --json
          ipc bench psem --sequential --seconds 5
          ipc bench psem --wake --messages 10000
        """;

    private static readonly BenchWords Terms = new(
        Objects: "POSIX semaphores",
        MostObjects: 30_000,
        Payload: "Without effect, for scripts that measure all kinds: a call carries no bytes",
        DefaultPayload: 0,
        MostPayload: Bounds.MessageBytes,
        Messages: "Make so many pairs of calls instead, or single ones; without a warm-up",
        Sequential: "Measure one sem_post or sem_wait at a time",
        Wake: "Measure from just before a post to the continuation of the process that it wakes",
        Backlog: null,
        Waiters: null,
        WaiterTypes: null);

    public static Command Create(Globals globals)
    {
        var arguments = new BenchArguments(Terms);
        var contend = BenchSemCommand.Contend();
        var command = new Command("psem", Description);
        arguments.AddTo(command, contend);
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            var workers = parsed.GetValue(contend);
            var options = arguments.Read(parsed, globals.Options(parsed)) with { Payload = 0 };
            var place = new PsemBenchWorld(options, workers > 0, globals.Connect);
            var names = ("psem", CallOf(options));
            await BenchSemCommand.RunAsync(globals, parsed, options, place, names, workers, cancelled);
        });
        return command;
    }

    private static string CallOf(BenchOptions options) =>
        options.Mode == BenchMode.Sequential ? "sem_post,sem_wait" : "sem_post+sem_wait";
}
