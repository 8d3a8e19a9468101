using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>mq_notify(3).</summary>
internal static class MqueueNotifyCommand
{
    private const string Description = """
        mq_notify(3): register for the next message that arrives at the empty queue while no receiver waits, and wait
        for it. Then print who sent it, send a signal to a process of this machine (--to), or run a command (--exec),
        which finds the sender in IPC_SENDER_PID and IPC_SENDER_UID, and whose exit code becomes that of this command.
        The message stays in the queue. One process can be registered: EBUSY.

        Examples:
          ipc mq notify /jobs --timeout 1m
          ipc mq notify /jobs --signal USR1 --to 4711
          ipc mq notify /jobs --exec 'ipc mq receive /jobs'
        """;

    public static Command Create(Globals globals, Argument<string> name)
    {
        var options = new NotifyOptions();
        var command = new Command("notify", Description) { name };
        options.AddTo(command);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var queue = await ipc.PosixMessageQueues.OpenAsync(
                parsed.GetValue(name)!, OpenFlags.ReadOnly, cancellationToken: cancelled);
            var signal = parsed.GetValue(options.Signal);
            var method = signal is null ? NotifyMethod.Thread : NotifyMethod.Signal;
            await using var registration = await queue.NotifyAsync(
                method, signal ?? 0, cancellationToken: cancelled);
            await globals.Error.WriteLineAsync($"ipc: {queue.Name}: process {ipc.Pid} is registered");
            var told = await WaitAsync(registration, parsed.GetValue(options.Timeout), cancelled);
            await options.TellAsync(globals, parsed, told, cancelled);
        });
        return command;
    }

    private static async Task<PosixNotification> WaitAsync(
        IPosixQueueRegistration registration, TimeSpan? timeout, CancellationToken cancelled)
    {
        try
        {
            var waiting = registration.Notified.WaitAsync(timeout ?? Timeout.InfiniteTimeSpan, cancelled);
            return await waiting ?? throw new FailedException("mq notify: the registration was removed");
        }
        catch (TimeoutException)
        {
            throw new IpcException(Errno.ETIMEDOUT, "mq_notify");
        }
    }

    private sealed class NotifyOptions
    {
        private readonly Option<int?> _to = new("--to")
        {
            HelpName = "OSPID",
            Description = "Send --signal to this process of this machine: kill(2)",
            CustomParser = result => Words.Number(result, 1, int.MaxValue),
        };

        private readonly Option<string?> _exec = new("--exec")
        {
            HelpName = "COMMAND", Description = "Run this command by sh(1)",
        };

        public Option<int?> Signal { get; } = new("--signal")
        {
            HelpName = "SIGNAL",
            Description = "The signal, such as 10 or USR1, which the queue's file shows (SIGEV_SIGNAL)",
            CustomParser = result => Words.Read<int>(result, Signals.TryParse, "a signal such as 10 or USR1"),
        };

        public Option<TimeSpan?> Timeout { get; } = CommonOptions.Timeout(" for a message");

        public void AddTo(Command command)
        {
            foreach (var option in new Option[] { Signal, _to, _exec, Timeout }) command.Add(option);
            command.Exclude(_to, _exec);
            command.Validators.Add(result =>
            {
                if (result.GetResult(_to) is not null && result.GetResult(Signal) is null)
                    result.AddError("notify: --to needs --signal");
            });
        }

        public async Task TellAsync(
            Globals globals, ParseResult parsed, PosixNotification told, CancellationToken cancelled)
        {
            var os = new OsCommand(globals, "mq notify");
            if (parsed.GetValue(_to) is { } pid)
            {
                os.Signal(pid, parsed.GetValue(Signal) ?? 0);
            }
            else if (parsed.GetValue(_exec) is { } shell)
            {
                (string, string)[] variables =
                [
                    ("IPC_SENDER_PID", told.SenderPid.ToString(CultureInfo.InvariantCulture)),
                    ("IPC_SENDER_UID", told.SenderUid.ToString(CultureInfo.InvariantCulture)),
                ];
                var exitCode = await os.RunAsync(["/bin/sh", "-c", shell], variables, cancelled);
                if (exitCode != ExitCodes.Done) throw new CommandEndedException(exitCode);
            }
            else
            {
                var json = new JsonObject { ["pid"] = told.SenderPid, ["uid"] = told.SenderUid };
                await globals.Out.WriteLineAsync(json.Show(globals.Json(parsed)));
            }
        }
    }
}
