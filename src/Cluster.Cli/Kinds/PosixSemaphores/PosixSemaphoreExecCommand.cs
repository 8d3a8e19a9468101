using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>sem_wait(3), a command, sem_post(3).</summary>
internal static class PosixSemaphoreExecCommand
{
    private const string Description = """
        sem_wait(3), run a command, and sem_post(3), as flock(1) does with a lock. The command finds the semaphore's
        revision, a fencing token, in IPC_REVISION; its exit code becomes that of this command (126: it cannot be run,
        127: there is none).

        POSIX undoes nothing: if this command is killed, what it took stays taken. With --release-on-death the cluster
        posts then, and also if this command is cut off for longer than its lease of 30 s.

        Examples:
          ipc psem exec /gate -- make install
          ipc psem exec /gate --release-on-death --timeout 10s -- make install
        """;

    public static Command Create(Globals globals, Argument<string> name)
    {
        var words = new Argument<string[]>("COMMAND")
        {
            Arity = ArgumentArity.OneOrMore, Description = "Runs while one of the value is taken",
        };
        var releases = new Option<bool>("--release-on-death")
        {
            Description = "Post also if this command is killed. Not of POSIX",
        };
        var nowait = PosixSemaphoreCommands.NoWait();
        var timeout = CommonOptions.Timeout("");
        var command = new Command("exec", Description) { name, words, nowait, timeout, releases };
        command.Exclude(nowait, timeout);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var semaphore = await PosixSemaphoreCommands.OpenAsync(ipc, parsed, name, cancelled);
            await using var permit = await AcquireAsync(
                semaphore, parsed.GetValue(releases), parsed.GetValue(nowait), parsed.GetValue(timeout), cancelled);
            var held = new HeldCommand(globals, ipc, "psem exec");
            var run = parsed.GetValue(words)!;
            if (parsed.GetValue(releases)) await held.RunAsync(run, permit.Revision, cancelled);
            else await held.RunUnprotectedAsync(run, permit, cancelled);
        });
        return command;
    }

    private static async Task<SemaphorePermit> AcquireAsync(
        IPosixSemaphore semaphore, bool releases, bool nowait, TimeSpan? timeout, CancellationToken cancelled)
    {
        try
        {
            return await semaphore.AcquireAsync(releases, nowait ? TimeSpan.Zero : timeout, cancelled);
        }
        catch (IpcTimeoutException) when (nowait)
        {
            throw PosixSemaphoreCommands.WouldBlock();
        }
    }
}
