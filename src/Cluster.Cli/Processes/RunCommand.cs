using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;

namespace Cluster.Cli.Processes;

/// <summary>A process of the cluster with children.</summary>
internal static class RunCommand
{
    private const string Description = """
        Start a process of the cluster, and a command whose own ipc commands and clients are children of the process: fork(2).
        They are in its process group and its session, and get the signals of the group. The command finds IPC_PARENT,
        IPC_CONNECT and IPC_NAMESPACE in its environment. The exit code is that of the command, and those who wait for the
        process get it too. If the process is killed or its lease has run out, the command gets SIGTERM. If this command is
        killed with SIGKILL, the command that it runs goes on, and the process ends with its lease, after 30 s.

        Examples:
          ipc run -- make -j2
          ipc run -- sh -c 'ipc msg receive 0 & ipc msg receive 1 & wait'
        """;

    public static Command Create(Globals globals)
    {
        var words = new Argument<string[]>("COMMAND") { Arity = ArgumentArity.OneOrMore, Description = "The command to run" };
        var command = new Command("run", Description) { words };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var options = globals.Options(parsed);
            var variables = new[]
            {
                ("IPC_PARENT", (await ipc.Processes.GetParentAsync(cancelled)).ToText()),
                ("IPC_CONNECT", string.Join(',', options.Addresses)),
                ("IPC_NAMESPACE", options.Namespace),
            };
            using var lost = LostProcess.Watch(ipc, cancelled);
            var code = await new OsCommand(globals, "run").RunAsync(parsed.GetValue(words)!, variables, lost.Token);
            if (lost.Reason is { } reason)
                throw new IpcSessionLostException("run", reason, lost.KilledBy);
            await ipc.ExitAsync(code);
            if (code != 0) throw new CommandEndedException(code);
        });
        return command;
    }
}
