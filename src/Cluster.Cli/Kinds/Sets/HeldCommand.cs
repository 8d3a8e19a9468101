using System.Globalization;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Kinds;

/// <summary>
/// Runs a command while the tool's process of the cluster holds what it took with SEM_UNDO, as flock(1) does with a
/// lock.
/// </summary>
internal sealed class HeldCommand(Globals globals, IIpcClient ipc)
{
    /// <summary>The variable in which the command finds the set's revision, a fencing token.</summary>
    public const string RevisionVariable = "IPC_REVISION";

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
        var variable = (RevisionVariable, revision.ToString(CultureInfo.InvariantCulture));
        var exitCode = await new OsCommand(globals, "sem op").RunAsync(words, [variable], cancelled);
        if (ipc.State == IpcConnectionState.Lost || ipc.Pid != pid)
            throw new FailedException("sem op: the process was lost: what it held was given back before COMMAND ended");
        if (ipc.State == IpcConnectionState.Suspended)
            throw new FailedException(
                "sem op: the lease of the process ran out: others may have what it held before COMMAND ended");
        if (exitCode != ExitCodes.Done) throw new CommandEndedException(exitCode);
    }
}
