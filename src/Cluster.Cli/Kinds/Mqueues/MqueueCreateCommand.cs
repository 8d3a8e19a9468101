using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>mq_open(3) with O_CREAT.</summary>
internal static class MqueueCreateCommand
{
    private const string Description = """
        mq_open(3) with O_CREAT: make a queue, or find the one that has the name. The mode is set as it is given: the
        tool has no umask.

        Examples:
          ipc mq create /jobs
          ipc mq create /jobs --maxmsg 5 --msgsize 128 --mode 0660 --excl
        """;

    public static Command Create(Globals globals, Argument<string> name)
    {
        var maxmsg = Size("--maxmsg", "N", "Messages that the queue may have [default: fs.mqueue.msg_default]");
        var msgsize = Size("--msgsize", "BYTES", "Bytes of one message [default: fs.mqueue.msgsize_default]");
        var mode = CommonOptions.Mode();
        var exclusive = new Option<bool>("--excl") { Description = "EEXIST if there is one (O_EXCL)" };
        var isVolatile = CommonOptions.Volatile();
        var command = new Command("create", Description) { name, maxmsg, msgsize, mode, exclusive, isVolatile };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var flags = OpenFlags.ReadOnly | OpenFlags.Create
                | (parsed.GetValue(exclusive) ? OpenFlags.Exclusive : 0);
            var bits = (UnixFileMode)(parsed.GetValue(mode) ?? CommonOptions.DefaultMode);
            var size = await SizeAsync(ipc, parsed.GetValue(maxmsg), parsed.GetValue(msgsize), cancelled);
            await using var queue = await ipc.PosixMessageQueues.OpenAsync(
                parsed.GetValue(name)!, flags, bits, size, CommonOptions.Lives(parsed, isVolatile), cancelled);
            if (!globals.Json(parsed)) return;
            var made = new JsonObject { ["name"] = queue.Name, ["id"] = queue.Description.Id };
            await globals.Out.WriteLineAsync(JsonOutput.Line(made));
        });
        return command;
    }

    // struct mq_attr has both numbers or none. One that is not given is what a queue without attributes has.
    private static async Task<PosixQueueSize?> SizeAsync(
        IIpcClient ipc, long? maxmsg, long? msgsize, CancellationToken cancelled)
    {
        if (maxmsg is null && msgsize is null) return null;
        var limits = await ipc.Namespace.GetLimitsAsync(cancelled);
        return new PosixQueueSize(
            maxmsg ?? Math.Min(limits.MqueueMsgMax, limits.MqueueMsgDefault),
            msgsize ?? Math.Min(limits.MqueueMsgsizeMax, limits.MqueueMsgsizeDefault));
    }

    private static Option<long?> Size(string name, string helpName, string description) => new(name)
    {
        HelpName = helpName,
        Description = description,
        CustomParser = result => Words.Number(result, long.MinValue, long.MaxValue), // EINVAL is the kernel's answer
    };
}
