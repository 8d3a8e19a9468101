using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Kinds;

/// <summary>
/// Runs a command while the tool's process of the cluster holds what it took with SEM_UNDO, as flock(1) does with a
/// lock.
/// </summary>
internal sealed partial class HeldCommand(Globals globals, IIpcClient ipc)
{
    /// <summary>The variable in which the command finds the set's revision, a fencing token.</summary>
    public const string RevisionVariable = "IPC_REVISION";

    private const int NoEntry = 2; // ENOENT
    private const int Terminate = 15; // SIGTERM

    /// <summary>Runs the command to its end. Input and output are the tool's own.</summary>
    /// <param name="words">The command and its arguments.</param>
    /// <param name="revision">The revision of the set after the operations.</param>
    /// <param name="cancelled">
    /// The tool is interrupted: the command gets SIGTERM, and the tool waits for its end.
    /// </param>
    /// <exception cref="CommandEndedException">The command failed.</exception>
    /// <exception cref="FailedException">The process of the cluster was lost meanwhile.</exception>
    public async Task RunAsync(IReadOnlyList<string> words, ulong revision, CancellationToken cancelled)
    {
        var pid = ipc.Pid;
        using var command = await StartAsync(words, revision);
        await using (cancelled.Register(() => _ = Kill(command.Id, Terminate)))
            await command.WaitForExitAsync(CancellationToken.None);
        if (ipc.State == IpcConnectionState.Lost || ipc.Pid != pid)
            throw new FailedException("sem op: the process was lost: what it held was given back before COMMAND ended");
        if (ipc.State == IpcConnectionState.Suspended)
            throw new FailedException(
                "sem op: the lease of the process ran out: others may have what it held before COMMAND ended");
        if (command.ExitCode != ExitCodes.Done) throw new CommandEndedException(command.ExitCode);
    }

    private async Task<Process> StartAsync(IReadOnlyList<string> words, ulong revision)
    {
        var start = new ProcessStartInfo(words[0], words.Skip(1)) { UseShellExecute = false };
        start.Environment[RevisionVariable] = revision.ToString(CultureInfo.InvariantCulture);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            await globals.Error.WriteLineAsync($"ipc: sem op: cannot run {words[0]}: {exception.Message}");
            throw new CommandEndedException(
                exception.NativeErrorCode == NoEntry ? ExitCodes.NotFound : ExitCodes.CannotRun);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
