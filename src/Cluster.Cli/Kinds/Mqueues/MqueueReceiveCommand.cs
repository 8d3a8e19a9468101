using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>mq_receive(3), mq_timedreceive(3).</summary>
internal static class MqueueReceiveCommand
{
    private const string Description = """
        mq_receive(3): receive the oldest message of the highest priority; waits until one comes.

        Examples:
          ipc mq receive /jobs --timeout 10s
          ipc mq receive /jobs --follow --json
          ipc mq receive /jobs --raw --nowait > file
        """;

    public static Command Create(Globals globals, Argument<string> name)
    {
        var nowait = new Option<bool>("--nowait") { Description = "EAGAIN rather than wait (O_NONBLOCK)" };
        var timeout = CommonOptions.Timeout(" for each message");
        var repeat = new RepeatOptions();
        var command = new Command("receive", Description) { name, nowait, timeout };
        command.Exclude(nowait, timeout);
        repeat.AddTo(command);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var flags = OpenFlags.ReadOnly | (parsed.GetValue(nowait) ? OpenFlags.NonBlocking : 0);
            await using var queue = await ipc.PosixMessageQueues.OpenAsync(
                parsed.GetValue(name)!, flags, cancellationToken: cancelled);
            for (var left = repeat.Times(parsed); left > 0; left--)
            {
                // A message that cannot be written goes back to its place in the queue.
                await using var delivery = await queue.ReceiveDeliveryAsync(parsed.GetValue(timeout), cancelled);
                var message = delivery.Message;
                await MessageOutput.WriteAsync(
                    globals, new JsonObject { ["priority"] = message.Priority }, message.Text, message.Revision,
                    globals.Json(parsed), parsed.GetValue(repeat.Raw));
                await delivery.AckAsync();
            }
        });
        return command;
    }
}
