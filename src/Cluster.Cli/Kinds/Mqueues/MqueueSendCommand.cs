using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>mq_send(3), mq_timedsend(3).</summary>
internal static class MqueueSendCommand
{
    private const string Description = """
        mq_send(3): send a message; waits while the queue is full.

        Examples:
          ipc mq send /jobs 'hello' --priority 9
          ipc mq send /jobs -- '-text that begins with a dash'
          date | ipc mq send /jobs --timeout 10s
        """;

    public static Command Create(Globals globals, Argument<string> name)
    {
        var text = new TextSource();
        var priority = new Option<int>("--priority")
        {
            HelpName = "N",
            Description = "From 0, the lowest, to 32767",
            DefaultValueFactory = _ => 0,
            CustomParser = result => Words.Number(result, int.MinValue, int.MaxValue), // EINVAL is the kernel's answer
        };
        var nowait = new Option<bool>("--nowait") { Description = "EAGAIN rather than wait for room (O_NONBLOCK)" };
        var timeout = CommonOptions.Timeout(" for room");
        var command = new Command("send", Description) { name, priority, nowait, timeout };
        text.AddTo(command);
        command.Exclude(nowait, timeout);
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            // Before the connection, so that no process of the cluster is kept alive while a user types.
            var bytes = await text.ReadAsync(parsed, cancelled);
            await using var ipc = await globals.Connect(globals.Options(parsed), cancelled);
            var flags = OpenFlags.WriteOnly | (parsed.GetValue(nowait) ? OpenFlags.NonBlocking : 0);
            await using var queue = await ipc.PosixMessageQueues.OpenAsync(
                parsed.GetValue(name)!, flags, cancellationToken: cancelled);
            await queue.SendAsync(bytes, parsed.GetValue(priority), parsed.GetValue(timeout), cancelled);
        });
        return command;
    }
}
