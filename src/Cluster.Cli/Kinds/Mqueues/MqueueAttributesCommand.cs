using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>mq_getattr(3).</summary>
internal static class MqueueAttributesCommand
{
    private const string Description = "mq_getattr(3): struct mq_attr, and who waits or is registered. Example: "
        + "ipc mq attr /jobs --json";

    public static Command Create(Globals globals, Argument<string> name)
    {
        var command = new Command("attr", Description) { name };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var queue = await ipc.PosixMessageQueues.OpenAsync(
                parsed.GetValue(name)!, OpenFlags.ReadOnly, cancellationToken: cancelled);
            var now = await queue.GetAttributesAsync(cancelled);
            await globals.Out.WriteLineAsync(Json(now).Show(globals.Json(parsed)));
        });
        return command;
    }

    // mq_flags is left out: it is the flag of the description that the tool has just opened.
    private static JsonObject Json(PosixQueueAttributes now) => new()
    {
        ["maxmsg"] = now.MaxMessages,
        ["msgsize"] = now.MessageBytes,
        ["curmsgs"] = now.Messages,
        ["bytes"] = now.Bytes,
        ["notify"] = (int)now.Notify,
        ["signo"] = now.Signal,
        ["notify_pid"] = now.NotifyPid,
        ["receivers"] = now.Receivers,
        ["senders"] = now.Senders,
    };
}
