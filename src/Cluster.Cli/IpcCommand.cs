using System.CommandLine;
using Cluster.Cli.Commands;
using Cluster.Cli.Output;

namespace Cluster.Cli;

/// <summary>The root of the command line.</summary>
public static class IpcCommand
{
    private const string Description = """
        System V IPC on a cluster: the calls of msgget(2), msgop(2), msgctl(2), and util-linux's ipcs, ipcmk and ipcrm.

        Examples:
          ipc ipcmk -Q
          ipc msg send 0 --type 3 'hello'
          ipc msg receive 0 --type -5 --timeout 10s
          ipc ipcs -q
          ipc ipcrm -q 0
          ipc stat

        Exit codes: 0 done; 1 a call failed; 2 usage; 3 no node answers; 124 timed out; 130 interrupted.
        """;

    /// <summary>Parses and runs a command line; returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var parsed = Create(new Globals()).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync($"ipc: {error.Message}");
            await Console.Error.WriteLineAsync("ipc: --help tells more");
            return ExitCodes.Usage;
        }

        // Ours, not the library's: an interrupted command takes leave of the cluster before it ends.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
    }

    /// <summary>The whole command.</summary>
    internal static RootCommand Create(Globals globals)
    {
        var root = new RootCommand(Description)
        {
            MakeCommand.Create(globals),
            MsgCommand.Create(globals),
            ListCommand.Create(globals),
            RemoveCommand.Create(globals),
            SysctlCommand.Create(globals),
            NamespaceCommand.Create(globals),
            StatCommand.Create(globals),
            BenchCommand.Create(globals),
        };
        globals.AddTo(root);
        return root;
    }
}
