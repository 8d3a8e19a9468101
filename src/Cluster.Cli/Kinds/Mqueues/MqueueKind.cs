using System.Runtime.CompilerServices;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>POSIX message queues: mq_overview(7).</summary>
internal sealed class MqueueKind : NamedKind<IPosixMessageQueue>
{
    public override Kind Kind => Kind.Mqueue;

    public override KindNames Names { get; } = new()
    {
        Word = "mq",
        Letter = 'Q',
        Option = "posix-mqueue",
        Noun = "POSIX message queue",
        ShortNoun = "queue",
        JsonName = "posix-messages",
    };

    public override UtilLinuxNames UtilLinux { get; } = new("pmsg", "POSIX message queue", After: "msg");

    public override NamedMakeOption CreateMakeOption()
    {
        var option = new Option<bool>("--posix-mqueue", "-q") { Description = "A POSIX message queue, with the name of -n" };
        return new NamedMakeOption(option, async (ipc, _, making, cancelled) =>
        {
            await using var made = await ipc.PosixMessageQueues.OpenAsync(
                making.Name, OpenFlags.ReadWrite | OpenFlags.Create, making.Mode, null, making.Durability, cancelled);
        });
    }

    public override string Directory => "/dev/mqueue";

    public override string CallPrefix => "mq";

    public override IEnumerable<StraceFormat> StraceFormats => MqueueStrace.Formats;

    public override Command CreateCommand(Globals globals) =>
        new("mq", "Calls on POSIX message queues. Example: ipc mq send /jobs 'hello' --priority 9")
        {
            MqueueCreateCommand.Create(globals, NameArgument()),
            MqueueSendCommand.Create(globals, NameArgument()),
            MqueueReceiveCommand.Create(globals, NameArgument()),
            MqueueAttributesCommand.Create(globals, NameArgument()),
            MqueueNotifyCommand.Create(globals, NameArgument()),
            MqueuePollCommand.Create(globals, NameArgument()),
            CreateStat(globals),
            CreateUnlink(globals),
        };

    /// <remarks>The text is that of mqueue_read_file in ipc/mqueue.c.</remarks>
    public override async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadFileAsync(
        IIpcClient ipc, string name, [EnumeratorCancellation] CancellationToken cancelled)
    {
        await using var queue = await Objects(ipc).OpenAsync(name, OpenFlags.ReadOnly, cancellationToken: cancelled);
        var now = await queue.GetAttributesAsync(cancelled);
        yield return Bytes(
            $"QSIZE:{now.Bytes,-10} NOTIFY:{(int)now.Notify,-5} SIGNO:{now.Signal,-5} NOTIFY_PID:{now.NotifyPid,-6}\n");
    }

    protected override IPosixMessageQueues Objects(IIpcClient ipc) => ipc.PosixMessageQueues;

    // ---- lsipc ----

    public override IReadOnlyList<Column> Columns { get; } =
        [.. LsipcFormat.Posix, new("USEDBYTES", true, "Bytes used"), new("MSGS", Label: "Messages")];

    public override IReadOnlyList<string> DefaultColumns { get; } =
        [.. LsipcFormat.PosixFirst, "MTIME", "USEDBYTES", "MSGS"];

    public override async Task<IReadOnlyList<string[]>> UsageAsync(Viewer viewer, CancellationToken cancelled)
    {
        var limits = await viewer.Ipc.Namespace.GetLimitsAsync(cancelled);
        var queues = await ListAsync(viewer.Ipc, cancelled).CountAsync(cancelled);
        return
        [
            LsipcFormat.Used("MQUMNI", "Number of POSIX message queues", queues, (ulong)limits.MqueueQueuesMax),
            LsipcFormat.Limit(
                "MQUMAX", "Max size of POSIX message (bytes)", viewer.Unit.Show((ulong)limits.MqueueMsgsizeMax)),
            LsipcFormat.Limit(
                "MQUMNB", "Number of messages in POSIX message queue", LsipcFormat.Number(limits.MqueueMsgMax)),
        ];
    }

    // What is in a queue is for those who may read it. lsipc of util-linux leaves out the others.
    protected override async Task<string?[]> CellsAsync(
        Viewer viewer, string name, NamedObjectStat stat, CancellationToken cancelled)
    {
        try
        {
            await using var queue =
                await Objects(viewer.Ipc).OpenAsync(name, OpenFlags.ReadOnly, cancellationToken: cancelled);
            var now = await queue.GetAttributesAsync(cancelled);
            return [viewer.Unit.Show((ulong)now.Bytes), LsipcFormat.Number(now.Messages)];
        }
        catch (IpcException exception) when (exception.Errno is Errno.EACCES or Errno.ENOENT)
        {
            return [null, null];
        }
    }

    // ---- strace ----

    protected override string OpenArguments(Get get) => get.Mqueue is { } size
        ? $", {{mq_maxmsg={size.Maxmsg}, mq_msgsize={size.Msgsize}}}"
        : ", NULL";
}
