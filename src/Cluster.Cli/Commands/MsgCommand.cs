using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>The calls on message queues.</summary>
internal static class MsgCommand
{
    public static Command Create(Globals globals) => new("msg", "Calls on message queues")
    {
        SendCommand.Create(globals),
        ReceiveCommand.Create(globals),
        Get(globals),
        Copy(globals),
        Stat(globals),
        Set(globals),
    };

    /// <summary>The argument that names a queue.</summary>
    public static Argument<int> Id() => new("ID") { Description = "The queue's id (msqid)" };

    private static Command Get(Globals globals)
    {
        var key = new Argument<string>("KEY") { Description = "Decimal, or hexadecimal with 0x" };
        var create = new Option<bool>("--create") { Description = "IPC_CREAT" };
        var exclusive = new Option<bool>("--excl") { Description = "IPC_EXCL" };
        var mode = new Option<string>("--mode") { HelpName = "MODE", DefaultValueFactory = _ => "0644" };
        var isVolatile = new Option<bool>("--volatile") { Description = "If it is made: without a journal" };
        var command = new Command("get", "msgget(2): the id of a key's queue. Example: ipc msg get 42 --create")
        {
            key, create, exclusive, mode, isVolatile,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var flags = (parsed.GetValue(create) ? IpcFlags.IPC_CREAT | Parsing.Mode("--mode", parsed.GetValue(mode)!) : 0)
                | (parsed.GetValue(exclusive) ? IpcFlags.IPC_EXCL : 0);
            var number = Parsing.Key("KEY", parsed.GetValue(key)!);
            var queue = await ipc.MessageQueues.GetAsync(number, flags, parsed.GetValue(isVolatile), cancelled);
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject { ["msqid"] = queue.Id })
                : queue.Id.ToString(CultureInfo.InvariantCulture));
        });
        return command;
    }

    private static Command Copy(Globals globals)
    {
        var id = Id();
        var index = new Argument<long>("INDEX") { Description = "The position in the queue, from 0" };
        var command = new Command("copy", "A copy of a message that stays (MSG_COPY). Example: ipc msg copy 0 0")
        {
            id, index,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var queue = ipc.MessageQueues.Open(parsed.GetValue(id));
            var message = await queue.CopyAsync(parsed.GetValue(index), cancelled);
            await ReceiveCommand.WriteAsync(globals, message, globals.Json(parsed), raw: false);
        });
        return command;
    }

    private static Command Stat(Globals globals)
    {
        var id = Id();
        var command = new Command("stat", "IPC_STAT. Example: ipc msg stat 0 --json") { id };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var stat = await ipc.MessageQueues.Open(parsed.GetValue(id)).StatAsync(any: false, cancelled);
            var json = JsonOutput.Of(stat);
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(json)
                : string.Join('\n', json.Select(pair => $"{pair.Key,-10} {pair.Value}")));
        });
        return command;
    }

    private static Command Set(Globals globals)
    {
        var id = Id();
        var owner = new Option<uint?>("--owner") { HelpName = "UID", Description = "msg_perm.uid" };
        var group = new Option<uint?>("--group") { HelpName = "GID", Description = "msg_perm.gid" };
        var mode = new Option<string?>("--mode") { HelpName = "MODE", Description = "msg_perm.mode, octal" };
        var qbytes = new Option<ulong?>("--qbytes") { HelpName = "BYTES", Description = "msg_qbytes" };
        var command = new Command("set", "IPC_SET; what is not given stays. Example: ipc msg set 0 --qbytes 65536")
        {
            id, owner, group, mode, qbytes,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var queue = ipc.MessageQueues.Open(parsed.GetValue(id));
            var now = await queue.StatAsync(any: true, cancelled);
            var bits = parsed.GetValue(mode) is { } text ? Parsing.Mode("--mode", text) : (int)now.Permissions.Mode;
            await queue.SetAsync(
                parsed.GetValue(owner) ?? now.Permissions.Uid,
                parsed.GetValue(group) ?? now.Permissions.Gid,
                bits,
                parsed.GetValue(qbytes) ?? now.Qbytes,
                cancelled);
        });
        return command;
    }
}
