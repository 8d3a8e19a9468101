using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>The calls on message queues.</summary>
internal static class MsgCommand
{
    private const string Description = "Calls on message queues. Example: ipc msg send 0 'hello'";

    public static Command Create(Globals globals) => new("msg", Description)
    {
        SendCommand.Create(globals),
        ReceiveCommand.Create(globals),
        Get(globals),
        Copy(globals),
        Stat(globals),
        SetCommand.Create(globals),
    };

    private static Command Get(Globals globals)
    {
        var key = new Argument<int>("KEY")
        {
            Description = "Decimal, or hexadecimal with 0x; 0 makes a queue without a key (IPC_PRIVATE)",
            CustomParser = result => Words.Read<int>(result, Parsing.TryKey, "a key such as 42 or 0x2a"),
        };
        var create = new Option<bool>("--create") { Description = "Make it if there is none (IPC_CREAT)" };
        var exclusive = new Option<bool>("--excl") { Description = "EEXIST if there is one (IPC_EXCL)" };
        var mode = CommonOptions.Mode();
        var isVolatile = CommonOptions.Volatile();
        var command = new Command("get", "msgget(2): the id of a key's queue. Example: ipc msg get 42 --create")
        {
            key, create, exclusive, mode, isVolatile,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            // On a queue that exists the mode bits ask for permissions: only who states them asks.
            var flags = (parsed.GetValue(create) ? GetFlags.Create : 0)
                | (parsed.GetValue(exclusive) ? GetFlags.Exclusive : 0);
            var bits = (UnixFileMode)(parsed.GetValue(mode)
                ?? (parsed.GetValue(create) ? CommonOptions.DefaultMode : 0));
            var queue = await ipc.MessageQueues.GetAsync(
                parsed.GetValue(key), flags, bits, CommonOptions.Lives(parsed, isVolatile), cancelled);
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject { ["msqid"] = queue.Id })
                : queue.Id.ToString(CultureInfo.InvariantCulture));
        });
        return command;
    }

    private static Command Copy(Globals globals)
    {
        var id = CommonOptions.QueueId();
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

    private static Command Stat(Globals globals)
    {
        var id = CommonOptions.QueueId();
        var command = new Command("stat", "IPC_STAT: struct msqid_ds. Example: ipc msg stat 0 --json") { id };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var stat = await ipc.MessageQueues.Open(parsed.GetValue(id)).StatAsync(any: false, cancelled);
            await globals.Out.WriteLineAsync(JsonOutput.Of(stat).Show(globals.Json(parsed)));
        });
        return command;
    }
}
