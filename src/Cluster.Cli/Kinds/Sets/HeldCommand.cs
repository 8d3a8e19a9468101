using System.Globalization;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Kinds;

/// <summary>
/// Runs a command while the tool's process of the cluster holds what it took of a semaphore, as flock(1) does with a
/// lock.
/// </summary>
/// <param name="globals">The output.</param>
/// <param name="ipc">The process of the cluster.</param>
/// <param name="verb">The verb, for messages: "sem op".</param>
internal sealed class HeldCommand(Globals globals, IIpcClient ipc, string verb)
{
    /// <summary>The variable in which the command finds the object's revision, a fencing token.</summary>
    public const string RevisionVariable = "IPC_REVISION";

    /// <summary>
    /// Runs the command to its end. At the end of the process the cluster gives back what was taken (SEM_UNDO). Input
    /// and output are the tool's own.
    /// </summary>
    /// <param name="words">The command and its arguments.</param>
    /// <param name="revision">The revision of the object after the call that took it.</param>
    /// <param name="cancelled">
    /// The tool is interrupted: the command gets SIGTERM, and the tool waits for its end.
    /// </param>
    /// <exception cref="CommandEndedException">The command failed.</exception>
    /// <exception cref="FailedException">The process of the cluster was lost meanwhile.</exception>
    public async Task RunAsync(IReadOnlyList<string> words, ulong revision, CancellationToken cancelled)
    {
        var pid = ipc.Pid;
        var exitCode = await RunOnlyAsync(words, revision, cancelled);
        if (IsLost(pid))
            throw new FailedException(
                $"{verb}: the process was lost: what it held was given back before COMMAND ended");
        if (ipc.State == IpcConnectionState.Suspended)
            throw new FailedException(
                $"{verb}: the lease of the process ran out: others may have what it held before COMMAND ended");
        if (exitCode != ExitCodes.Done) throw new CommandEndedException(exitCode);
    }

    /// <summary>
    /// Runs the command to its end, and then gives back what was taken. Nobody else does so at the end of the process.
    /// </summary>
    /// <param name="words">The command and its arguments.</param>
    /// <param name="permit">What was taken.</param>
    /// <param name="cancelled">As for <see cref="RunAsync"/>.</param>
    /// <exception cref="CommandEndedException">The command failed.</exception>
    /// <exception cref="FailedException">The process of the cluster was lost before.</exception>
    public async Task RunUnprotectedAsync(
        IReadOnlyList<string> words, SemaphorePermit permit, CancellationToken cancelled)
    {
        var pid = ipc.Pid;
        var exitCode = await RunOnlyAsync(words, permit.Revision, cancelled);
        await permit.DisposeAsync();
        if (IsLost(pid))
            throw new FailedException($"{verb}: the process was lost: nobody has given back what it took");
        if (exitCode != ExitCodes.Done) throw new CommandEndedException(exitCode);
    }

    // The command gets SIGTERM when others may have what it relies on.
    private async Task<int> RunOnlyAsync(IReadOnlyList<string> words, ulong revision, CancellationToken cancelled)
    {
        var variable = (RevisionVariable, revision.ToString(CultureInfo.InvariantCulture));
        using var lost = LostProcess.Watch(ipc, cancelled);
        return await new OsCommand(globals, verb).RunAsync(words, [variable], lost.Token);
    }

    private bool IsLost(int pid) => ipc.State == IpcConnectionState.Lost || ipc.Pid != pid;
}
