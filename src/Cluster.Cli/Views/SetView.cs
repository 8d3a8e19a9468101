using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Views;

/// <summary>Semaphore sets.</summary>
internal sealed class SetView(ISemaphoreSets sets) : ObjectView<SemaphoreSetStat>
{
    public override string Name => "semaphores";

    public override string ProcTitle => ProcFormat.Sets;

    public override IReadOnlyList<Column> Columns { get; } = [.. LsipcFormat.Common, new("NSEMS", true)];

    public override string? Title(Layout layout, SizeUnit unit) => IpcsSets.Title(layout);

    public override async Task<Shown> LimitsAsync(SizeUnit unit, CancellationToken cancelled)
    {
        var limits = await sets.InfoAsync(cancelled);
        var json = new JsonObject
        {
            ["semmni"] = limits.SemMni,
            ["semmsl"] = limits.SemMsl,
            ["semmns"] = limits.SemMns,
            ["semopm"] = limits.SemOpm,
            ["semvmx"] = limits.SemVmx,
        };
        return new Shown(IpcsSets.Limits(limits), json);
    }

    public override async Task<Shown> SummaryAsync(SizeUnit unit, CancellationToken cancelled)
    {
        var usage = await sets.InfoAsync(cancelled);
        var json = new JsonObject { ["sets"] = usage.Sets, ["semaphores"] = usage.Semaphores };
        return new Shown(IpcsSets.Summary(usage), json);
    }

    public override async Task<IReadOnlyList<string[]>> UsageAsync(SizeUnit unit, CancellationToken cancelled)
    {
        var info = await sets.InfoAsync(cancelled);
        return
        [
            LsipcFormat.Used("SEMMNI", "Number of semaphore identifiers", info.Sets, (ulong)info.SemMni),
            LsipcFormat.Used("SEMMNS", "Total number of semaphores", info.Semaphores, (ulong)info.SemMns),
            LsipcFormat.Limit("SEMMSL", "Max semaphores per semaphore set.", Text(info.SemMsl)),
            LsipcFormat.Limit("SEMOPM", "Max number of operations per semop(2)", Text(info.SemOpm)),
            LsipcFormat.Limit("SEMVMX", "Semaphore max value", Text(info.SemVmx)),
        ];
    }

    protected override IAsyncEnumerable<int> IdsAsync(CancellationToken cancelled) =>
        sets.ListAsync(cancelled).Select(entry => entry.Id);

    protected override Task<SemaphoreSetStat> StatAsync(int id, CancellationToken cancelled) =>
        sets.Open(id).StatAsync(any: true, cancelled);

    protected override async Task<Shown> OneAsync(SemaphoreSetStat stat, SizeUnit unit, CancellationToken cancelled)
    {
        var values = await sets.Open(stat.Id).PeekAsync(cancelled);
        var json = Json(stat);
        var each = Enumerable.Range(0, values.Count).Select(number => (JsonNode)JsonOutput.Of(values, number));
        json["semaphores"] = new JsonArray([.. each]);
        return new Shown(IpcsSets.One(stat, values), json);
    }

    protected override string Row(SemaphoreSetStat stat, Layout layout, SizeUnit unit) => IpcsSets.Row(stat, layout);

    protected override JsonObject Json(SemaphoreSetStat stat) => JsonOutput.Of(stat);

    protected override string ProcRow(SemaphoreSetStat stat) => ProcFormat.Line(stat);

    protected override string[] Cells(SemaphoreSetStat stat, SizeUnit unit) =>
        [.. LsipcFormat.Cells(stat.Id, stat.Permissions), Text(stat.Nsems)];

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
