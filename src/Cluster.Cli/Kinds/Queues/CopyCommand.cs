using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>msgrcv(2) with MSG_COPY.</summary>
internal static class CopyCommand
{
    public static Command Create(Globals globals, Argument<int> id)
    {
        var index = new Argument<long>("INDEX")
        {
            Description = "The position in the queue, from 0",
            CustomParser = result => Words.Number(result, 0, long.MaxValue),
        };
        var raw = new Option<bool>("--raw") { Description = "Write exactly the bytes, without a newline" };
        var command = new Command("copy", "A copy of a message that stays (MSG_COPY). Example: ipc msg copy 0 0")
        {
            id, index, raw,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var queue = ipc.MessageQueues.Open(parsed.GetValue(id));
            var message = await queue.CopyAsync(parsed.GetValue(index), cancelled);
            await ReceiveCommand.WriteAsync(globals, message, globals.Json(parsed), parsed.GetValue(raw));
        });
        return command;
    }
}
