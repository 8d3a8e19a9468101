using Cluster.Cli.Bench;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Executing;
using Cluster.Cli.Experiments;
using Cluster.Cli.Failures;
using Cluster.Cli.Files;
using Cluster.Cli.Journals;
using Cluster.Cli.Kinds;
using Cluster.Cli.Namespaces;
using Cluster.Cli.Nodes;
using Cluster.Cli.Processes;
using Cluster.Cli.Security;
using Cluster.Cli.Tracing;
using Cluster.Cli.UtilLinux;

namespace Cluster.Cli;

/// <summary>The root of the command line.</summary>
internal static class IpcCommand
{
    private const string Description = """
        System V and POSIX IPC on a cluster: the calls of msgget(2), msgop(2), msgctl(2), semget(2), semop(2),
        semctl(2), shmget(2), shmop(2), shmctl(2), mq_overview(7), sem_overview(7), shm_overview(7), fifo(7) and unix(7), util-linux's
        ipcs, ipcmk, ipcrm and lsipc, ps and kill, and ls, cat and rm for the files of proc(5), /dev/mqueue and /dev/shm.

        Examples:
          ipc ipcmk -Q
          ipc msg send 0 --type 3 'hello'
          ipc msg receive 0 --type -5 --timeout 10s
          ipc sem op 0 0:-1 --timeout 10s
          ipc mq send /jobs 'hello' --priority 9
          ipc psem exec /gate -- make
          ipc lock build -- make
          ipc lslocks
          ipc mkfifo /run/orders
          ls | ipc write /run/orders
          ipc lsof
          ipc listen /run/s
          ls | ipc connect /run/s
          ipc ss
          ipc ipcs -q
          ipc cat /proc/sysvipc/msg
          ipc ls mq
          ipc ipcrm -q 0
          ipc stat
          ipc ps
          ipc kill -s TERM 7
          ipc trace -q 0
          ipc exec perl program.pl
          ipc cluster
          ipc journal verify journal.db
        """;

    // Time for an interrupted command to end its process of the cluster, and for the load generator to clean up.
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Parses and runs a command line; returns the exit code.</summary>
    public static async Task<int> RunAsync(Globals globals, string[] arguments)
    {
        // The text of a message may begin with @, so @ does not name a file of arguments.
        var syntax = new ParserConfiguration { ResponseFileTokenReplacer = null };
        var parsed = Create(globals).Parse(KillWords.Replace(ExecWords.Separate(arguments)), syntax);
        if (parsed.Errors.Count > 0)
        {
            // The parser may report one mistake as several errors. An unknown word is the most helpful of them.
            var mistake = parsed.UnmatchedTokens is [var word, ..]
                ? $"unknown command or argument '{word}'"
                : parsed.Errors[0].Message.ReplaceLineEndings(" ");
            await globals.Error.WriteLineAsync($"ipc: {mistake}");
            var command = NameOf(parsed.CommandResult.Command);
            await globals.Error.WriteLineAsync($"Try '{command} --help' for more information.");
            return Usage(parsed);
        }

        var configuration = new InvocationConfiguration { ProcessTerminationTimeout = LeaveTimeout };
        return await parsed.InvokeAsync(configuration) is var code && code == ExitCodes.Usage ? Usage(parsed) : code;
    }

    /// <summary>The whole command.</summary>
    internal static RootCommand Create(Globals globals)
    {
        var root = new RootCommand(Description)
        {
            MakeCommand.Create(globals),
        };
        foreach (var kind in CliKinds.All) root.Add(kind.CreateCommand(globals));
        Command[] others =
        [
            .. FifoCommands.Short(globals),
            .. SocketCommands.Short(globals),
            PipeCommand.Create(globals),
            TeeCommand.Create(globals),
            ListCommand.Create(globals),
            LsipcCommand.Create(globals),
            RemoveCommand.Create(globals),
            SysctlCommand.Create(globals),
            CatCommand.Create(globals),
            ListFilesCommand.Create(globals),
            RemoveFilesCommand.Create(globals),
            LsofCommand.Create(globals),
            NamespaceCommand.Create(globals),
            NodeStatCommand.Create(globals),
            LockCommand.Create(globals),
            LslocksCommand.Create(globals),
            FutexCommands.Create(globals),
            PsCommand.Create(globals),
            KillCommand.Create(globals),
            SigwaitCommand.Create(globals),
            WaitpidCommand.Create(globals),
            RunCommand.Create(globals),
            TraceCommand.Create(globals),
            ExecCommand.Create(globals),
            AgentCommand.Create(globals),
            ClusterCommand.Create(globals),
            WhoAmICommand.Create(globals),
            PolicyCommand.Create(globals),
            CertsCommand.Create(globals),
            JournalCommand.Create(globals),
            BenchCommand.Create(globals),
            LabCommand.Create(globals),
        ];
        foreach (var command in others) root.Add(command);
        globals.AddTo(root);
        HelpWithExitCodes.AddTo(root);
        return root;
    }

    private static int Usage(ParseResult parsed) =>
        parsed.CommandResult.Command is CommandWithExitCodes own ? own.Usage : ExitCodes.Usage;

    private static string NameOf(Command command) =>
        command is RootCommand || command.Parents.OfType<Command>().FirstOrDefault() is not { } parent
            ? "ipc"
            : $"{NameOf(parent)} {command.Name}";
}
