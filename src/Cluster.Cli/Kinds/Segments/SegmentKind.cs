using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;
using static Cluster.Cli.Output.IpcsFormat;

namespace Cluster.Cli.Kinds;

/// <summary>Shared memory segments: shmget(2), shmop(2), shmctl(2).</summary>
internal sealed class SegmentKind : SystemVKind<ISharedMemorySegment, SharedMemorySegmentStat, PermissionsChange>
{
    public override Kind Kind => Kind.SharedMemory;

    public override SystemVNames Names { get; } = new()
    {
        Word = "shm",
        Letter = 'm',
        Option = "shmem",
        OldOption = "shm",
        Noun = "shared memory segment",
        MadeNoun = "Shared memory",
        ShortNoun = "segment",
        IdName = "shmid",
        JsonName = "sharedmemory",
    };

    public override KindOrder Order => new(Shown: 2, Made: 1, Removed: 1);

    public override bool HasSize => true;

    public override Kind? PartKind => Kind.Extent;

    public override Target PartOf(int id, long offset) => ExtentId.Of(Kind.Extent, id, offset);

    public override IEnumerable<StraceFormat> StraceFormats => [.. SegmentStrace.Formats, .. FutexStrace.Formats];

    // The verbs that read and write memory attach the segment and detach it again.
    public override Command CreateCommand(Globals globals) =>
        new("shm", "Calls on shared memory segments. Example: ipc shm write 0 'hello'")
        {
            CreateGet(globals, "42 --size 65536 --create"),
            TransferCommands.Read(globals, IdArgument()),
            TransferCommands.Write(globals, IdArgument()),
            CreateStat(globals),
            CreateSet(globals, "--mode 0660"),
            Simple(globals, "lock", "SHM_LOCK", (segment, cancelled) => segment.LockAsync(cancelled)),
            Simple(globals, "unlock", "SHM_UNLOCK", (segment, cancelled) => segment.UnlockAsync(cancelled)),
            CreateRemove(globals),
        };

    public override async Task<int> GetAsync(IIpcClient ipc, GetRequest request, CancellationToken cancelled) =>
        (await ipc.SharedMemorySegments.GetAsync(
            request.Key, request.Size, request.Flags, request.Mode, request.Lives, cancelled)).Id;

    public override MakeOption CreateMakeOption()
    {
        var option = new Option<long?>("--shmem", "-M")
        {
            HelpName = "SIZE",
            Description = "A shared memory segment of so many bytes; suffixes: K, M, G ... (1024), KB, MB ... (1000)",
            CustomParser = result =>
                Words.Read<long>(result, Parsing.TrySize, "a size such as 4096, 64K or 1.5M"),
        };
        return new MakeOption(option, parsed => parsed.GetValue(option));
    }

    protected override Option<long> SizeOption() => new("--size")
    {
        HelpName = "BYTES",
        Description = "The size of a new segment; of one that exists: at least so many",
        CustomParser = result => (long)Words.Number(result, 0ul, ulong.MaxValue), // size_t: its 64 bits
    };

    protected override IIpcObjects<ISharedMemorySegment, SharedMemorySegmentStat> Objects(IIpcClient ipc) =>
        ipc.SharedMemorySegments;

    protected override int IdOf(SharedMemorySegmentStat stat) => stat.Id;

    protected override IpcPermissions PermissionsOf(SharedMemorySegmentStat stat) => stat.Permissions;

    protected override int ModeOf(SharedMemorySegmentStat stat) => stat.ModeBits;

    private Command Simple(
        Globals globals, string name, string call, Func<ISharedMemorySegment, CancellationToken, Task> action)
    {
        var id = IdArgument();
        var command = new Command(name, $"{call}. Example: ipc shm {name} 0") { id };
        globals.Run(command, (ipc, parsed, cancelled) =>
            action(ipc.SharedMemorySegments.Open(parsed.GetValue(id)), cancelled));
        return command;
    }

    // ---- ipcs, lsipc and /proc ----

    public override string ProcTitle => "       key      shmid perms                  size  cpid  lpid nattch"
        + "   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap";

    /// <remarks>
    /// The tool does not know the creator's command line. The column is empty, as lsipc shows it for a dead creator.
    /// </remarks>
    public override IReadOnlyList<Column> Columns { get; } =
    [
        .. LsipcFormat.Common, new("SIZE", true, "Segment size"), new("NATTCH", true, "Attached processes"),
        new("STATUS", Label: "Status"), new("ATTACH", true, "Attach time"), new("DETACH", true, "Detach time"),
        new("COMMAND", Label: "Creator command"), new("CPID", true, "Creator PID"), new("LPID", true, "Last user PID"),
    ];

    public override IReadOnlyList<string> DefaultColumns { get; } =
        [.. LsipcFormat.First, "SIZE", "NATTCH", "STATUS", "CTIME", "CPID", "LPID", "COMMAND"];

    public override IReadOnlyList<string> TimeColumns => ["ATTACH", "DETACH"];

    public override string Title(Layout layout, SizeUnit unit) => SegmentTables.Title(layout, unit);

    public override async Task<Shown> LimitsAsync(Viewer viewer, CancellationToken cancelled) => SegmentTables.Limits(
        await viewer.Ipc.SharedMemorySegments.InfoAsync(cancelled), viewer.Unit);

    public override async Task<Shown> SummaryAsync(Viewer viewer, CancellationToken cancelled)
    {
        var usage = await viewer.Ipc.SharedMemorySegments.UsageAsync(cancelled);
        return Shown.Section(
            "Shared Memory Status",
            ("segments", usage.Segments, $"segments allocated {usage.Segments}"),
            ("pages", usage.Pages, $"pages allocated {usage.Pages}"),
            ("resident_pages", usage.ResidentPages, $"pages resident  {usage.ResidentPages}"),
            ("swapped_pages", 0, "pages swapped   0\nSwap performance: 0 attempts\t 0 successes"));
    }

    public override async Task<IReadOnlyList<string[]>> UsageAsync(Viewer viewer, CancellationToken cancelled)
    {
        var unit = viewer.Unit;
        var limits = await viewer.Ipc.SharedMemorySegments.InfoAsync(cancelled);
        var usage = await viewer.Ipc.SharedMemorySegments.UsageAsync(cancelled);
        return
        [
            LsipcFormat.Used("SHMMNI", "Shared memory segments", usage.Segments, (ulong)limits.ShmMni),
            LsipcFormat.Used("SHMALL", "Shared memory pages", usage.Pages, limits.ShmAll),
            LsipcFormat.Limit("SHMMAX", "Max size of shared memory segment (bytes)", unit.Show(limits.ShmMax)),
            LsipcFormat.Limit("SHMMIN", "Min size of shared memory segment (bytes)", unit.Show((ulong)limits.ShmMin)),
        ];
    }

    protected override Task<Shown> OneAsync(
        Viewer viewer, SharedMemorySegmentStat stat, CancellationToken cancelled) =>
        Task.FromResult(new Shown(SegmentTables.One(stat, viewer.Unit), Json(stat)));

    protected override string Row(SharedMemorySegmentStat stat, Layout layout, SizeUnit unit) =>
        SegmentTables.Row(stat, layout, unit);

    /// <remarks>The resident bytes are those of the extents that were written. Nothing is ever swapped.</remarks>
    public override string ProcRow(SharedMemorySegmentStat stat) =>
        ProcFormat.Head(stat.Id, stat.Permissions, stat.ModeBits)
        + Invariant($" {stat.Segsz,21} {stat.Cpid,5} {stat.Lpid,5}  {stat.Nattch,5}")
        + ProcFormat.Owners(stat.Permissions) + Invariant($" {stat.Atime,10} {stat.Dtime,10} {stat.Ctime,10}")
        + Invariant($" {stat.Extents * Bounds.ExtentBytes,21} {0,21}");

    protected override long CtimeOf(SharedMemorySegmentStat stat) => stat.Ctime;

    protected override string?[] Cells(SharedMemorySegmentStat stat, Viewer viewer) =>
    [
        viewer.Unit.Show(stat.Segsz),
        stat.Nattch.ToString(CultureInfo.InvariantCulture),
        string.Join(',', Flags(stat)),
        viewer.Time(stat.Atime),
        viewer.Time(stat.Dtime),
        null,
        LsipcFormat.Number(stat.Cpid),
        LsipcFormat.Number(stat.Lpid),
    ];

    protected override void AddMembers(JsonObject json, SharedMemorySegmentStat stat)
    {
        json["segsz"] = stat.Segsz;
        json["nattch"] = stat.Nattch;
        json["cpid"] = stat.Cpid;
        json["lpid"] = stat.Lpid;
        json["atime"] = stat.Atime;
        json["dtime"] = stat.Dtime;
        json["ctime"] = stat.Ctime;
        json["extents"] = stat.Extents;
        json["volatile"] = stat.Durability == Durability.Volatile;
    }

    private static IEnumerable<string> Flags(SharedMemorySegmentStat stat)
    {
        if (stat.IsDoomed) yield return "dest";
        if (stat.IsLocked) yield return "locked";
    }
}
