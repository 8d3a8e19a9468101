using System.Runtime.InteropServices;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Output;
using Cluster.Lab.Experiments;
using Cluster.Lab.Reports;

namespace Cluster.Cli.Experiments;

/// <summary>Experiments that kill parts of a cluster and check its promises from the clients' view.</summary>
internal static class LabCommand
{
    private const string Description = """
        Inject a fault into a cluster and check what its clients saw. Each experiment starts its own nodes on this machine
        with a separate journal, or uses existing containers. Clients make calls, the experiment injects the fault and
        heals it, and checks every call.
        docs/lab.md has more.

        Examples:
          ipc lab failover
          ipc lab pause --profile fast --seconds 30
          ipc lab journal --journal sqlite --json
          sudo ipc lab partition --out /tmp/partition
          ipc lab clock --seed 3
          ipc lab failover --cluster 127.0.0.1:5210,127.0.0.1:5211,127.0.0.1:5212 --via docker
        """;

    private const string Codes =
        "0 all checks hold; 1 not all do; 2 usage; 3 the experiment could not be made; 130 interrupted";

    private static readonly (ExperimentKind Kind, string Description)[] Experiments =
    [
        (ExperimentKind.Failover, "SIGKILL to a node; it is started again later. Example: ipc lab failover --seed 4"),
        (ExperimentKind.Pause,
            "SIGSTOP to a node until the others have declared it dead, then SIGCONT. Example: ipc lab pause --profile fast"),
        (ExperimentKind.Partition,
            "Cut one node off from the others, and heal the network (needs root). Example: sudo ipc lab partition"),
        (ExperimentKind.Rolling,
            "SIGTERM to each node in turn, and start it again: an upgrade. Example: ipc lab rolling --nodes 5"),
        (ExperimentKind.Journal,
            "SIGKILL to PostgreSQL, or lock the SQLite file, and bring it back. "
            + "Example: ipc lab journal --journal sqlite"),
        (ExperimentKind.Persistence,
            "SIGKILL to all nodes at once; state before and after. Example: ipc lab persistence --json"),
        (ExperimentKind.Clock,
            "Set the wall clocks of one node and of all back and forward, and let them drift (needs the package "
            + "faketime). Example: ipc lab clock --profile fast"),
        (ExperimentKind.Asymmetric,
            "Lose the packets from one node to another one, in one direction (needs root). "
            + "Example: sudo ipc lab asymmetric"),
        (ExperimentKind.Disk,
            "Make the disk of the journal full, read-only, slow, and hang (needs root). "
            + "Example: sudo ipc lab disk --journal sqlite"),
    ];

    public static Command Create(Globals globals)
    {
        var lab = new CommandWithExitCodes("lab", Description, Codes);
        foreach (var (kind, description) in Experiments)
        {
            var arguments = new LabArguments();
            var command = new Command(JsonReport.NameOf(kind), description);
            arguments.AddTo(command, kind);
            command.SetAction((parsed, cancelled) => RunAsync(globals, arguments, kind, parsed, cancelled));
            lab.Add(command);
        }

        return lab;
    }

    private static async Task<int> RunAsync(
        Globals globals, LabArguments arguments, ExperimentKind kind, ParseResult parsed, CancellationToken cancelled)
    {
        var json = globals.Json(parsed);
        // A closed terminal and Ctrl-\ end the experiment in order too, so that no nodes and networks stay behind.
        using var hungUp = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, End);
        cancelled = hungUp.Token;
        using var display = new LabDisplay(globals.Error, !Console.IsErrorRedirected && !json);
        try
        {
            var options = arguments.Read(parsed, kind);
            if (options.Cluster.Count == 0 && !File.Exists(options.NodePath))
                throw new ExperimentException(
                    $"{options.NodePath} is not there: build src/Cluster.Node, or use --node-path");
            display.Say($"{JsonReport.NameOf(kind)}, seed {options.Seed}");
            var result = await new Experiment(options, display).RunAsync(cancelled);
            display.Dispose();
            await HtmlReport.WriteAsync(result);
            await globals.Out.WriteLineAsync(json ? JsonOutput.Line(JsonReport.Of(result)) : TextReport.Of(result));
            await globals.Out.FlushAsync(CancellationToken.None);
            return result.Holds ? ExitCodes.Done : ExitCodes.Failed;
        }
        catch (Exception exception)
        {
            display.Dispose();
            if (ExitCodes.Say(exception, cancelled.IsCancellationRequested) is { } line)
                await globals.Error.WriteLineAsync(line);
            // The experiment failed, not the product. So the exit code is not that of a failed check.
            var code = ExitCodes.For(exception, cancelled.IsCancellationRequested);
            return code is ExitCodes.Usage or ExitCodes.Interrupted ? code : ExitCodes.Unreachable;
        }

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            hungUp.Cancel();
        }
    }
}
