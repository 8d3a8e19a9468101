using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Views;

/// <summary>Shared memory segments.</summary>
/// <param name="segments">Those of the namespace.</param>
/// <param name="time">lsipc shows the times of today without the date.</param>
internal sealed class SegmentView(ISharedMemorySegments segments, TimeProvider time)
    : ObjectView<SharedMemorySegmentStat>
{
    public override string Name => "sharedmemory";

    public override string ProcTitle => ProcFormat.Segments;

    /// <remarks>
    /// The creator's command line is not known here: always empty, as lsipc has it of a dead creator.
    /// </remarks>
    public override IReadOnlyList<Column> Columns { get; } =
    [
        .. LsipcFormat.Common, new("SIZE", true), new("NATTCH", true), new("STATUS"), new("CTIME", true),
        new("CPID", true), new("LPID", true), new("COMMAND"),
    ];

    public override string Title(Layout layout, SizeUnit unit) => IpcsSegments.Title(layout, unit);

    public override async Task<Shown> LimitsAsync(SizeUnit unit, CancellationToken cancelled)
    {
        var limits = await segments.InfoAsync(cancelled);
        var json = new JsonObject
        {
            ["shmmni"] = limits.ShmMni,
            ["shmmax"] = limits.ShmMax,
            ["shmall"] = limits.ShmAll,
            ["shmmin"] = limits.ShmMin,
        };
        return new Shown(IpcsSegments.Limits(limits, unit), json);
    }

    public override async Task<Shown> SummaryAsync(SizeUnit unit, CancellationToken cancelled)
    {
        var usage = await segments.UsageAsync(cancelled);
        var json = new JsonObject
        {
            ["segments"] = usage.Segments,
            ["pages"] = usage.Pages,
            ["resident_pages"] = usage.ResidentPages,
            ["swapped_pages"] = 0,
        };
        return new Shown(IpcsSegments.Summary(usage), json);
    }

    public override async Task<IReadOnlyList<string[]>> UsageAsync(SizeUnit unit, CancellationToken cancelled)
    {
        var limits = await segments.InfoAsync(cancelled);
        var usage = await segments.UsageAsync(cancelled);
        return
        [
            LsipcFormat.Used("SHMMNI", "Shared memory segments", usage.Segments, (ulong)limits.ShmMni),
            LsipcFormat.Used("SHMALL", "Shared memory pages", usage.Pages, limits.ShmAll),
            LsipcFormat.Limit("SHMMAX", "Max size of shared memory segment (bytes)", unit.Show(limits.ShmMax)),
            LsipcFormat.Limit("SHMMIN", "Min size of shared memory segment (bytes)", unit.Show((ulong)limits.ShmMin)),
        ];
    }

    protected override IAsyncEnumerable<int> IdsAsync(CancellationToken cancelled) =>
        segments.ListAsync(cancelled).Select(entry => entry.Id);

    protected override Task<SharedMemorySegmentStat> StatAsync(int id, CancellationToken cancelled) =>
        segments.Open(id).StatAsync(any: true, cancelled);

    protected override Task<Shown> OneAsync(SharedMemorySegmentStat stat, SizeUnit unit, CancellationToken cancelled) =>
        Task.FromResult(new Shown(IpcsSegments.One(stat, unit), Json(stat)));

    protected override string Row(SharedMemorySegmentStat stat, Layout layout, SizeUnit unit) =>
        IpcsSegments.Row(stat, layout, unit);

    protected override JsonObject Json(SharedMemorySegmentStat stat) => JsonOutput.Of(stat);

    protected override string ProcRow(SharedMemorySegmentStat stat) => ProcFormat.Line(stat);

    protected override string[] Cells(SharedMemorySegmentStat stat, SizeUnit unit) =>
    [
        .. LsipcFormat.Cells(stat.Id, stat.Permissions),
        unit.Show(stat.Segsz),
        stat.Nattch.ToString(CultureInfo.InvariantCulture),
        Status(stat),
        LsipcFormat.Time(stat.Ctime, time.GetUtcNow()),
        stat.Cpid.ToString(CultureInfo.InvariantCulture),
        stat.Lpid.ToString(CultureInfo.InvariantCulture),
        "",
    ];

    private static string Status(SharedMemorySegmentStat stat) => (stat.IsDoomed, stat.IsLocked) switch
    {
        (false, false) => "",
        (true, false) => "dest",
        (false, true) => "locked",
        _ => "dest,locked",
    };
}
