using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Views;

/// <summary>Message queues.</summary>
internal sealed class QueueView(IMessageQueues queues) : ObjectView<MessageQueueStat>
{
    public override string Name => "messages";

    public override string ProcTitle => ProcFormat.Queues;

    public override IReadOnlyList<Column> Columns { get; } =
    [
        .. LsipcFormat.Common, new("USEDBYTES", true), new("MSGS"), new("LSPID", true), new("LRPID", true),
    ];

    public override string Title(Layout layout, SizeUnit unit) => layout switch
    {
        Layout.Times => IpcsOutput.TimesTitle,
        Layout.Pids => IpcsOutput.PidsTitle,
        Layout.Creators => IpcsOutput.CreatorsTitle,
        _ => IpcsOutput.Title(unit),
    };

    public override async Task<Shown> LimitsAsync(SizeUnit unit, CancellationToken cancelled)
    {
        var limits = await queues.InfoAsync(cancelled);
        var json = new JsonObject
        {
            ["msgmni"] = limits.MsgMni, ["msgmax"] = limits.MsgMax, ["msgmnb"] = limits.MsgMnb,
        };
        return new Shown(IpcsOutput.Limits(limits, unit), json);
    }

    public override async Task<Shown> SummaryAsync(SizeUnit unit, CancellationToken cancelled)
    {
        var usage = await queues.UsageAsync(cancelled);
        var json = new JsonObject
        {
            ["queues"] = usage.Queues, ["messages"] = usage.Messages, ["bytes"] = usage.Bytes,
        };
        return new Shown(IpcsOutput.Summary(usage, unit), json);
    }

    public override async Task<IReadOnlyList<string[]>> UsageAsync(SizeUnit unit, CancellationToken cancelled)
    {
        var info = await queues.InfoAsync(cancelled);
        return
        [
            LsipcFormat.Used("MSGMNI", "Number of message queues", info.Queues, (ulong)info.MsgMni),
            LsipcFormat.Limit("MSGMAX", "Max size of message (bytes)", unit.Show((ulong)info.MsgMax)),
            LsipcFormat.Limit("MSGMNB", "Default max size of queue (bytes)", unit.Show((ulong)info.MsgMnb)),
        ];
    }

    protected override IAsyncEnumerable<int> IdsAsync(CancellationToken cancelled) =>
        queues.ListAsync(cancelled).Select(entry => entry.Id);

    protected override Task<MessageQueueStat> StatAsync(int id, CancellationToken cancelled) =>
        queues.Open(id).StatAsync(any: true, cancelled);

    protected override Task<Shown> OneAsync(MessageQueueStat stat, SizeUnit unit, CancellationToken cancelled) =>
        Task.FromResult(new Shown(IpcsOutput.One(stat, unit), Json(stat)));

    protected override string Row(MessageQueueStat stat, Layout layout, SizeUnit unit) => layout switch
    {
        Layout.Times => IpcsOutput.Times(stat),
        Layout.Pids => IpcsOutput.Pids(stat),
        Layout.Creators => IpcsOutput.Creators(stat),
        _ => IpcsOutput.Row(stat, unit),
    };

    protected override JsonObject Json(MessageQueueStat stat) => JsonOutput.Of(stat);

    protected override string ProcRow(MessageQueueStat stat) => ProcFormat.Line(stat);

    protected override string[] Cells(MessageQueueStat stat, SizeUnit unit) =>
    [
        .. LsipcFormat.Cells(stat.Id, stat.Permissions),
        unit.Show(stat.Cbytes),
        stat.Qnum.ToString(CultureInfo.InvariantCulture),
        stat.Lspid.ToString(CultureInfo.InvariantCulture),
        stat.Lrpid.ToString(CultureInfo.InvariantCulture),
    ];
}
