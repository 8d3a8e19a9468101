using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Kinds;

/// <summary>Runs a command of this machine for a verb, and sends signals to OS processes.</summary>
/// <param name="globals">The output.</param>
/// <param name="verb">The verb, for messages: "sem op".</param>
internal sealed partial class OsCommand(Globals globals, string verb)
{
    private const int NoEntry = 2; // ENOENT
    private const int Terminate = 15; // SIGTERM

    /// <summary>Runs the command to its end. Input and output are the tool's own.</summary>
    /// <param name="words">The command and its arguments.</param>
    /// <param name="variables">Further variables of its environment.</param>
    /// <param name="cancelled">
    /// The tool is interrupted: the command gets SIGTERM, and the tool waits for its end.
    /// </param>
    /// <returns>The exit code.</returns>
    /// <exception cref="CommandEndedException">It cannot be run. Standard error has the reason.</exception>
    public async Task<int> RunAsync(
        IReadOnlyList<string> words, IEnumerable<(string Name, string Value)> variables, CancellationToken cancelled)
    {
        using var command = await StartAsync(words, variables);
        await using (cancelled.Register(() => _ = Kill(command.Id, Terminate)))
            await command.WaitForExitAsync(CancellationToken.None);
        return command.ExitCode;
    }

    /// <summary>kill(2).</summary>
    /// <exception cref="FailedException">There is no such process, or it may not be sent signals.</exception>
    public void Signal(int pid, int signal)
    {
        if (Kill(pid, signal) == 0) return;
        var reason = new Win32Exception(Marshal.GetLastPInvokeError()).Message;
        throw new FailedException($"{verb}: cannot send signal {signal} to OS process {pid}: {reason}");
    }

    private async Task<Process> StartAsync(
        IReadOnlyList<string> words, IEnumerable<(string Name, string Value)> variables)
    {
        var start = new ProcessStartInfo(words[0], words.Skip(1)) { UseShellExecute = false };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            await globals.Error.WriteLineAsync($"ipc: {verb}: cannot run {words[0]}: {new Win32Exception(exception.NativeErrorCode).Message}");
            throw new CommandEndedException(
                exception.NativeErrorCode == NoEntry ? ExitCodes.NotFound : ExitCodes.CannotRun);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
