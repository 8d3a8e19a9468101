using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Bench;

/// <summary>The load generator for objects that are in the journal only.</summary>
internal static class BenchRecoveryCommand
{
    private const string Description = """
        Measure how fast a node has idle objects back: makes durable queues with a message each, waits until the node has
        them in its journal only, and calls each of them once. For one node that lets go of idle objects soon
        (cluster-node --passivate-after 5). Acts as uid 0 in a namespace of its own, and removes it again.

        Examples:
          ipc bench recovery --objects 50000
          ipc bench recovery --objects 10000 --window 256 --json
        """;

    public static Command Create(Globals globals)
    {
        var objects = CommonOptions.Number("--objects", "Queues", 10_000, 1, 60_000);
        var window = CommonOptions.Number("--window", "Calls in flight", 4_096, 1, 16_384);
        var command = new Command("recovery", Description) { objects, window };
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            var options = new BenchOptions
            {
                Connection = globals.Options(parsed),
                Mode = BenchMode.Recovery,
                Objects = parsed.GetValue(objects),
                Messages = parsed.GetValue(objects),
                Window = parsed.GetValue(window),
                Backlog = 1,
            };
            await BenchCommand.RunAsync(
                globals, parsed, new BenchWorld(options, globals.Connect), cancelled, async (world, progress) =>
                {
                    var report = await new RecoveryBench(options, world, progress).RunAsync(cancelled);
                    return report.ToJson("msg", "recovery", options, await world.StatAsync(cancelled));
                });
        });
        return command;
    }
}
