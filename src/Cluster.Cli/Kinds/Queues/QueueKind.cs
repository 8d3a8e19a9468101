using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;
using static Cluster.Cli.Output.IpcsFormat;

namespace Cluster.Cli.Kinds;

/// <summary>Message queues: msgget(2), msgop(2), msgctl(2).</summary>
internal sealed class QueueKind : SystemVKind<IMessageQueue, MessageQueueStat, QueueChange>
{
    public override Kind Kind => Kind.MessageQueue;

    public override SystemVNames Names { get; } = new()
    {
        Word = "msg",
        Letter = 'q',
        Option = "queue",
        OldOption = "queue",
        Noun = "message queue",
        MadeNoun = "Message queue",
        ShortNoun = "queue",
        IdName = "msqid",
        JsonName = "messages",
    };

    public override KindOrder Order => new(Shown: 1, Made: 2, Removed: 3);

    public override bool HasSize => false;

    public override IEnumerable<StraceFormat> StraceFormats => QueueStrace.Formats;

    public override Command CreateCommand(Globals globals) =>
        new("msg", "Calls on message queues. Example: ipc msg send 0 'hello'")
        {
            SendCommand.Create(globals, IdArgument()),
            ReceiveCommand.Create(globals, IdArgument()),
            CreateGet(globals, "42 --create"),
            CopyCommand.Create(globals, IdArgument()),
            CreateStat(globals),
            CreateSet(globals, "--qbytes 65536"),
            CreateRemove(globals),
        };

    public override async Task<int> GetAsync(IIpcClient ipc, GetRequest request, CancellationToken cancelled) =>
        (await ipc.MessageQueues.GetAsync(request.Key, request.Flags, request.Mode, request.Lives, cancelled)).Id;

    public override MakeOption CreateMakeOption()
    {
        var option = new Option<bool>("--queue", "-Q") { Description = "A message queue" };
        return new MakeOption(option, parsed => parsed.GetValue(option) ? 0 : null);
    }

    protected override IIpcObjects<IMessageQueue, MessageQueueStat> Objects(IIpcClient ipc) => ipc.MessageQueues;

    protected override int IdOf(MessageQueueStat stat) => stat.Id;

    protected override IpcPermissions PermissionsOf(MessageQueueStat stat) => stat.Permissions;

    protected override Func<ParseResult, QueueChange> AddChanges(Command command)
    {
        var qbytes = new Option<ulong?>("--qbytes")
        {
            HelpName = "BYTES",
            Description = "What the queue may hold (msg_qbytes)",
            CustomParser = result => Words.Number(result, 0ul, ulong.MaxValue),
        };
        command.Add(qbytes);
        return parsed => new QueueChange { Qbytes = parsed.GetValue(qbytes) };
    }

    // ---- ipcs, lsipc and /proc ----

    public override string ProcTitle => "       key      msqid perms      cbytes       qnum lspid lrpid"
        + "   uid   gid  cuid  cgid      stime      rtime      ctime";

    public override IReadOnlyList<Column> Columns { get; } =
    [
        .. LsipcFormat.Common, new("USEDBYTES", true, "Bytes used"), new("MSGS", Label: "Messages"),
        new("SEND", true, "Msg sent"), new("RECV", true, "Msg received"), new("LSPID", true, "Msg sender"),
        new("LRPID", true, "Msg receiver"),
    ];

    public override IReadOnlyList<string> DefaultColumns { get; } =
        [.. LsipcFormat.First, "USEDBYTES", "MSGS", "LSPID", "LRPID"];

    public override IReadOnlyList<string> TimeColumns => ["SEND", "RECV", "CTIME"];

    public override string Title(Layout layout, SizeUnit unit) => QueueTables.Title(layout, unit);

    public override async Task<Shown> LimitsAsync(Viewer viewer, CancellationToken cancelled)
    {
        var (limits, unit) = (await viewer.Ipc.MessageQueues.InfoAsync(cancelled), viewer.Unit);
        var suffix = unit == SizeUnit.Human ? "" : " (bytes)";
        return Shown.Section(
            "Messages Limits",
            ("msgmni", limits.MsgMni, $"max queues system wide = {limits.MsgMni}"),
            ("msgmax", limits.MsgMax, $"max size of message{suffix} = {unit.Show((ulong)limits.MsgMax)}"),
            ("msgmnb", limits.MsgMnb, $"default max size of queue{suffix} = {unit.Show((ulong)limits.MsgMnb)}"));
    }

    public override async Task<Shown> SummaryAsync(Viewer viewer, CancellationToken cancelled)
    {
        var usage = await viewer.Ipc.MessageQueues.UsageAsync(cancelled);
        var space = viewer.Unit.Show((ulong)usage.Bytes);
        var used = viewer.Unit switch
        {
            SizeUnit.Human => $"used space = {space}",
            SizeUnit.Bytes => $"used space (bytes) = {space}",
            _ => $"used space = {space} bytes",
        };
        return Shown.Section(
            "Messages Status",
            ("queues", usage.Queues, $"allocated queues = {usage.Queues}"),
            ("messages", usage.Messages, $"used headers = {usage.Messages}"),
            ("bytes", usage.Bytes, used));
    }

    public override async Task<IReadOnlyList<string[]>> UsageAsync(Viewer viewer, CancellationToken cancelled)
    {
        var info = await viewer.Ipc.MessageQueues.InfoAsync(cancelled);
        return
        [
            LsipcFormat.Used("MSGMNI", "Number of message queues", info.Queues, (ulong)info.MsgMni),
            LsipcFormat.Limit("MSGMAX", "Max size of message (bytes)", viewer.Unit.Show((ulong)info.MsgMax)),
            LsipcFormat.Limit("MSGMNB", "Default max size of queue (bytes)", viewer.Unit.Show((ulong)info.MsgMnb)),
        ];
    }

    protected override Task<Shown> OneAsync(Viewer viewer, MessageQueueStat stat, CancellationToken cancelled) =>
        Task.FromResult(new Shown(QueueTables.One(stat, viewer.Unit), Json(stat)));

    protected override string Row(MessageQueueStat stat, Layout layout, SizeUnit unit) =>
        QueueTables.Row(stat, layout, unit);

    public override string ProcRow(MessageQueueStat stat) => ProcFormat.Head(stat.Id, stat.Permissions)
        + Invariant($"  {stat.Cbytes,10} {stat.Qnum,10} {stat.Lspid,5} {stat.Lrpid,5}")
        + ProcFormat.Owners(stat.Permissions) + Invariant($" {stat.Stime,10} {stat.Rtime,10} {stat.Ctime,10}");

    protected override long CtimeOf(MessageQueueStat stat) => stat.Ctime;

    protected override string?[] Cells(MessageQueueStat stat, Viewer viewer) =>
    [
        viewer.Unit.Show(stat.Cbytes),
        stat.Qnum.ToString(CultureInfo.InvariantCulture),
        viewer.Time(stat.Stime),
        viewer.Time(stat.Rtime),
        LsipcFormat.Number(stat.Lspid),
        LsipcFormat.Number(stat.Lrpid),
    ];

    protected override void AddMembers(JsonObject json, MessageQueueStat stat)
    {
        json["cbytes"] = stat.Cbytes;
        json["qnum"] = stat.Qnum;
        json["qbytes"] = stat.Qbytes;
        json["lspid"] = stat.Lspid;
        json["lrpid"] = stat.Lrpid;
        json["stime"] = stat.Stime;
        json["rtime"] = stat.Rtime;
        json["ctime"] = stat.Ctime;
        json["receivers"] = stat.Receivers;
        json["senders"] = stat.Senders;
        json["volatile"] = stat.Durability == Durability.Volatile;
    }
}
