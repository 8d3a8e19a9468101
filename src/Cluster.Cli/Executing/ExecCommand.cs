using System.Globalization;
using System.Runtime.InteropServices;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Executing;

/// <summary>
/// Runs a program whose IPC calls go to the cluster. The work is the launcher's (Cluster.Shim/launcher), which this
/// process becomes: it starts faster than this tool, and can be used without it.
/// </summary>
internal static partial class ExecCommand
{
    private const string Description = """
        Run an unmodified Linux program whose System V and POSIX IPC calls go to the cluster. Pid, exit status, signals
        and standard files are the program's own. The first program starts the agent of the user, which makes the calls
        and stays until no program has run for a while (ipc agent --help). docs/exec.md says what is different.

        Without --uid the cluster knows the program by its own user and group, also after setuid(2). Only root may name
        another user.

        Examples:
          ipc exec ipcmk -Q
          ipc exec --volatile --stats stress-ng --msg 1 --msg-ops 10000
          ipc exec --connect http://node2:5210 --namespace /prod perl worker.pl
        """;

    private const string Launcher = "ipc-exec";

    public static Command Create(Globals globals)
    {
        var words = new Argument<string[]>("PROGRAM")
        {
            Arity = ArgumentArity.OneOrMore, Description = "The program and its arguments",
        };
        var trace = new Option<bool>("--trace") { Description = "Write each call to standard error, as strace(1)" };
        var stats = new Option<bool>("--stats") { Description = "Write how many calls there were when it ends" };
        var isVolatile = CommonOptions.Volatile();
        var keeps = new Option<bool>("--keep-namespace")
        {
            Description = "Leave the program in the IPC namespace of this host. As root, it gets an empty one "
                + "otherwise, so that a call that does not go to the cluster fails",
        };
        var command = new Command("exec", Description) { words, trace, stats, isVolatile, keeps };
        Option<bool>[] flags = [trace, stats, isVolatile, keeps];
        globals.RunAlone(command, (parsed, _) =>
        {
            Become([
                .. Identity(globals, parsed), .. flags.Where(parsed.GetValue).Select(flag => flag.Name), "--",
                .. parsed.GetValue(words)!,
            ]);
            return Task.CompletedTask;
        });
        return command;
    }

    private static IEnumerable<string> Identity(Globals globals, ParseResult parsed)
    {
        var options = globals.Options(parsed);
        var (uid, gid) = globals.Named(parsed);
        yield return Launcher;
        yield return "--from-tool";
        yield return "--connect=" + string.Join(',', options.Addresses);
        yield return "--namespace=" + options.Namespace;
        if (uid is not null)
            yield return string.Create(CultureInfo.InvariantCulture, $"--uid={uid}");
        if ((gid ?? uid) is { } group)
            yield return string.Create(CultureInfo.InvariantCulture, $"--gid={group}");
    }

    private static void Become(string?[] words)
    {
        var path = Path.Combine(AppContext.BaseDirectory, Launcher);
        if (!File.Exists(path))
            throw new FailedException("exec: it was not built: the machine that built this tool had no C compiler");
        // A package does not keep the mode of a file.
        if ((File.GetUnixFileMode(path) & UnixFileMode.UserExecute) == 0)
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute);
        SetVariable("IPC_AGENT_COMMAND", string.Join('\n', AgentCommand.OwnWords), 1);
        _ = Execute(path, [.. words, null]);
        throw new FailedException($"exec: {path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    // The environment of the C library: .NET changes only a copy of it.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, string?[] words);
}
