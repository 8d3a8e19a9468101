using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>sem_wait(3), sem_post(3), sem_getvalue(3).</summary>
internal static class PosixSemaphoreCommands
{
    public static Command Wait(Globals globals, Argument<string> name)
    {
        const string description = """
            sem_wait(3): take one of the value; waits while it is 0. What is taken stays taken when this command ends:
            ipc psem post gives it back. ipc psem exec does both.

            Examples:
              ipc psem wait /gate
              ipc psem wait /gate --timeout 10s
              ipc psem wait /gate --nowait
            """;
        var nowait = NoWait();
        var timeout = CommonOptions.Timeout("");
        var command = new Command("wait", description) { name, nowait, timeout };
        command.Exclude(nowait, timeout);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var semaphore = await OpenAsync(ipc, parsed, name, cancelled);
            if (!parsed.GetValue(nowait)) await semaphore.WaitAsync(parsed.GetValue(timeout), cancelled);
            else if (!await semaphore.TryWaitAsync(cancelled)) throw WouldBlock();
        });
        return command;
    }

    public static Command Post(Globals globals, Argument<string> name)
    {
        const string description = """
            sem_post(3): give one to the caller that has waited longest, or add one to the value. Example:
            ipc psem post /gate
            """;
        var command = new Command("post", description.ReplaceLineEndings(" ")) { name };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var semaphore = await OpenAsync(ipc, parsed, name, cancelled);
            await semaphore.PostAsync(cancelled);
        });
        return command;
    }

    public static Command Value(Globals globals, Argument<string> name)
    {
        const string description = "sem_getvalue(3): 0 while callers wait. With --json also how many wait. Example: "
            + "ipc psem value /gate";
        var command = new Command("value", description) { name };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var semaphore = await OpenAsync(ipc, parsed, name, cancelled);
            var value = await semaphore.GetValueAsync(cancelled);
            var text = value.ToString(CultureInfo.InvariantCulture);
            if (globals.Json(parsed))
            {
                var waiters = await semaphore.GetWaiterCountAsync(cancelled);
                text = JsonOutput.Line(new JsonObject { ["value"] = value, ["waiters"] = waiters });
            }

            await globals.Out.WriteLineAsync(text);
        });
        return command;
    }

    /// <summary>sem_trywait(3) instead of sem_wait(3).</summary>
    public static Option<bool> NoWait() =>
        new("--nowait") { Description = "EAGAIN rather than wait (sem_trywait)" };

    /// <summary>The failure of sem_trywait(3) while the value is 0.</summary>
    public static IpcException WouldBlock() => new(Errno.EAGAIN, "sem_trywait");

    /// <summary>sem_open(3) of a semaphore that exists.</summary>
    public static Task<IPosixSemaphore> OpenAsync(
        IIpcClient ipc, ParseResult parsed, Argument<string> name, CancellationToken cancelled) =>
        ipc.PosixSemaphores.OpenAsync(parsed.GetValue(name)!, cancellationToken: cancelled);
}
