using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Kinds;

/// <summary>flock(1).</summary>
internal static class LockCommand
{
    private const int HighestExitCode = 255;
    private const int MostBytes = 250;

    private const string Description = """
        Run a command while this command has a lock, as flock(1) does, over all machines of the cluster. The lock NAME is made
        if there is none: /dev/shm/lock.NAME, with the mode 0600. Callers get it in the order in which they came. The exit code
        is that of the command (126: it cannot be run, 127: there is none). If the lock is not free in time, the exit code is 1,
        or that of -E, and the command does not run.

        The cluster frees the lock when this command ends. If it is killed with SIGKILL or cut off, the lock is free when its
        lease of 30 s has run out; COMMAND is another process, and goes on after a SIGKILL of this one. If the lease has run out
        or this process is lost, COMMAND gets SIGTERM. The command finds a fencing token in IPC_REVISION. If the holder before ended without an unlock, a line on standard
        error says so, and the command runs.

        Examples:
          ipc lock build -- make
          ipc lock -n backup -- ./backup.sh
          ipc lock -s -w 10 data -- cat data
        """;

    public static Command Create(Globals globals)
    {
        var name = new Argument<string>("NAME") { Description = "The lock: 1 to 250 bytes without a slash" };
        var words = new Argument<string[]>("COMMAND")
        {
            Arity = ArgumentArity.OneOrMore, Description = "Runs while the lock is held",
        };
        var shared = new Option<bool>("--shared", "-s") { Description = "As a reader: others may read meanwhile" };
        var exclusive = new Option<bool>("--exclusive", "-x", "-e") { Description = "As a writer [default]" };
        var nonblock = new Option<bool>("--nonblock", "--nb", "-n") { Description = "Fail instead of waiting" };
        var wait = new Option<TimeSpan?>("--timeout", "--wait", "-w")
        {
            HelpName = "SECONDS",
            Description = "How long to wait for the lock: 1.5, 500ms, 2m [default: for ever]",
            CustomParser = result => Words.Read<TimeSpan>(result, TryTime, "a number of seconds, or a duration such as 500ms"),
        };
        var conflict = new Option<int>("--conflict-exit-code", "-E")
        {
            HelpName = "N",
            Description = "The exit code when the lock is not free in time [default: 1]",
            DefaultValueFactory = _ => ExitCodes.Failed,
            CustomParser = result => Words.Number(result, 0, HighestExitCode),
        };
        var command = new Command("lock", Description) { name, words, shared, exclusive, nonblock, wait, conflict };
        command.Exclude(shared, exclusive);
        command.Exclude(nonblock, wait);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            // lock. and the name are 255 bytes at most.
            if (parsed.GetValue(name) is { Length: > 0 } given
                && (given.Contains('/', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(given) > MostBytes))
                throw new UsageException($"lock: '{given}': a lock's name has 1 to {MostBytes} bytes, and no slash");
            if (parsed.GetValue(name) is ['-', ..] or "")
                throw new UsageException("lock: a lock's name is not empty, and does not begin with '-'");
            var timeout = parsed.GetValue(nonblock) ? TimeSpan.Zero : parsed.GetValue(wait);
            await using var opened = await ipc.Locks.OpenReaderWriterLockAsync(
                parsed.GetValue(name)!, cancellationToken: cancelled);
            await using var held = await TakeAsync(opened, parsed.GetValue(shared), timeout, cancelled)
                ?? throw new CommandEndedException(parsed.GetValue(conflict));
            if (held.OwnerDied)
            {
                await globals.Error.WriteLineAsync("ipc: lock: the holder before ended without an unlock");
                if (!parsed.GetValue(shared)) await held.MarkConsistentAsync(cancelled);
            }

            await new HeldCommand(globals, ipc, "lock").RunAsync(parsed.GetValue(words)!, held.Token, cancelled);
        });
        return command;
    }

    private static async Task<LockHandle?> TakeAsync(
        IReaderWriterLock opened, bool isShared, TimeSpan? timeout, CancellationToken cancelled)
    {
        try
        {
            return isShared
                ? await opened.ReadLockAsync(timeout, cancelled)
                : await opened.WriteLockAsync(timeout, cancelled);
        }
        catch (IpcTimeoutException)
        {
            return null;
        }
    }

    private static bool TryTime(string word, out TimeSpan time)
    {
        if (Parsing.TryDuration(word, out time)) return true;
        var isNumber = double.TryParse(word, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds);
        if (!isNumber || seconds > int.MaxValue) return false;
        time = TimeSpan.FromSeconds(seconds);
        return true;
    }
}
