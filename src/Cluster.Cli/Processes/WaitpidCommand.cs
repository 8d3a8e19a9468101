using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
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
            // All waits begin at once: a process that has ended before its turn could not be waited for any more.
            var waits = parsed.GetValue(pids)!
                .Select(pid => (pid, ipc.Processes.WaitForExitAsync(pid, parsed.GetValue(timeout), cancelled))).ToArray();
            var hasFailed = false;
            foreach (var (pid, wait) in waits)
            {
                try
                {
                    var exit = await wait;
                    await globals.Out.WriteLineAsync(
                        globals.Json(parsed) ? JsonOutput.Line(Json(pid, exit)) : Text(pid, exit));
                    await globals.Out.FlushAsync(cancelled);
                }
                catch (IpcException exception) when (exception.Errno is Errno.ESRCH or Errno.EINVAL
                    && exception is not IpcSessionLostException)
                {
                    await globals.Error.WriteLineAsync($"ipc: process {pid}: {exception.Message}");
                    hasFailed = true;
                }
            }

            if (hasFailed) throw new FailedException(null);
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
