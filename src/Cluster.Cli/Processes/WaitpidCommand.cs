using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Processes;

/// <summary>waitpid(1) of util-linux.</summary>
internal static class WaitpidCommand
{
    private const string Description = """
        waitid(2): wait until processes of the cluster have ended, whoever has started them, and print how: each has exited, was
        killed by a signal, or was lost because its lease ran out.

        Examples:
          ipc waitpid 7
          ipc waitpid 7 9 --timeout 1m --json
        """;

    public static Command Create(Globals globals)
    {
        var pids = new Argument<int[]>("PID")
        {
            Description = "A process of the cluster, as ipc ps shows it",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result => Words.Numbers(result, 1, int.MaxValue),
        };
        var timeout = CommonOptions.Timeout(" for each process");
        var command = new Command("waitpid", Description) { pids, timeout };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            foreach (var pid in parsed.GetValue(pids)!)
            {
                var exit = await ipc.Processes.WaitForExitAsync(pid, parsed.GetValue(timeout), cancelled);
                await globals.Out.WriteLineAsync(
                    globals.Json(parsed) ? JsonOutput.Line(Json(pid, exit)) : Text(pid, exit));
                await globals.Out.FlushAsync(cancelled);
            }
        });
        return command;
    }

    private static string Text(int pid, IpcProcessExit exit) => string.Create(
        CultureInfo.InvariantCulture,
        $"{pid} {(exit.KilledBy != Signal.None ? $"was killed by {Signals.NameOf((int)exit.KilledBy)}" : exit.LeaseExpired
            ? "was lost: its lease ran out" : exit.Status == 0 ? "has exited" : $"has exited with {exit.Status}")}");

    private static JsonObject Json(int pid, IpcProcessExit exit) => new()
    {
        ["pid"] = pid,
        ["killed_by"] = exit.KilledBy == Signal.None ? null : Signals.NameOf((int)exit.KilledBy),
        ["lease_expired"] = exit.LeaseExpired,
        ["status"] = exit.Status,
    };
}
