using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;
using static Cluster.Cli.Output.IpcsFormat;

namespace Cluster.Cli.Kinds;

/// <summary>Semaphore sets: semget(2), semop(2), semctl(2).</summary>
internal sealed class SetKind : SystemVKind<ISemaphoreSet, SemaphoreSetStat, PermissionsChange>
{
    private static readonly string[] ElementNames = ["SEMNUM", "VALUE", "NCOUNT", "ZCOUNT", "PID", "COMMAND"];

    public override Kind Kind => Kind.SemaphoreSet;

    public override SystemVNames Names { get; } = new()
    {
        Word = "sem",
        Letter = 's',
        Option = "semaphore",
        OldOption = "semaphore",
        Noun = "semaphore set",
        RemovedNoun = "semaphore",
        MadeNoun = "Semaphore",
        ShortNoun = "set",
        IdName = "semid",
        JsonName = "semaphores",
    };

    public override KindOrder Order => new(Shown: 3, Made: 3, Removed: 2);

    public override bool HasSize => true;

    public override string ControlArgument => "0, ";

    public override IEnumerable<StraceFormat> StraceFormats => SetStrace.Formats;

    public override Command CreateCommand(Globals globals) =>
        new("sem", "Calls on semaphore sets. Example: ipc sem op 0 0:-1")
        {
            CreateGet(globals, "42 --create --count 3"),
            OperateCommand.Create(globals, IdArgument()),
            ValuesCommands.Show(globals, IdArgument()),
            ValuesCommands.Set(globals, IdArgument()),
            CreateStat(globals),
            CreateSet(globals, "--mode 0660"),
            CreateRemove(globals),
        };

    public override async Task<int> GetAsync(IIpcClient ipc, GetRequest request, CancellationToken cancelled) =>
        (await ipc.SemaphoreSets.GetAsync(
            request.Key, (int)request.Size, request.Flags, request.Mode, request.Lives, cancelled)).Id;

    public override MakeOption CreateMakeOption()
    {
        var option = new Option<long?>("--semaphore", "-S")
        {
            HelpName = "NSEMS",
            Description = "A set of so many semaphores",
            CustomParser = result => Words.Number(result, 0L, int.MaxValue),
        };
        return new MakeOption(option, parsed => parsed.GetValue(option));
    }

    protected override Option<long> SizeOption() => new("--count")
    {
        HelpName = "NSEMS",
        Description = "Semaphores of the set; 0: as many as it has",
        DefaultValueFactory = _ => 1,
        CustomParser = result => Words.Number(result, 0L, int.MaxValue),
    };

    protected override IIpcObjects<ISemaphoreSet, SemaphoreSetStat> Objects(IIpcClient ipc) => ipc.SemaphoreSets;

    protected override int IdOf(SemaphoreSetStat stat) => stat.Id;

    protected override IpcPermissions PermissionsOf(SemaphoreSetStat stat) => stat.Permissions;

    // ---- ipcs, lsipc and /proc ----

    public override string ProcTitle =>
        "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime";

    public override IReadOnlyList<Column> Columns { get; } =
        [.. LsipcFormat.Common, new("NSEMS", true, "Semaphores"), new("OTIME", true, "Last operation")];

    public override IReadOnlyList<string> DefaultColumns { get; } = [.. LsipcFormat.First, "NSEMS"];

    public override IReadOnlyList<string> TimeColumns => ["OTIME", "CTIME"];

    /// <summary>kernel.sem holds all limits of sets: proc(5).</summary>
    protected override IEnumerable<KernelFile> LimitFiles =>
        [new LimitsFile("kernel.sem", LimitRow.Of(Kind), "one to four numbers such as '250 32000 32 128'")];

    public override string? Title(Layout layout, SizeUnit unit) => SetTables.Title(layout);

    public override async Task<Shown> LimitsAsync(Viewer viewer, CancellationToken cancelled)
    {
        var limits = await viewer.Ipc.SemaphoreSets.InfoAsync(cancelled);
        return Shown.Section(
            "Semaphore Limits",
            ("semmni", limits.SemMni, $"max number of arrays = {limits.SemMni}"),
            ("semmsl", limits.SemMsl, $"max semaphores per array = {limits.SemMsl}"),
            ("semmns", limits.SemMns, $"max semaphores system wide = {limits.SemMns}"),
            ("semopm", limits.SemOpm, $"max ops per semop call = {limits.SemOpm}"),
            ("semvmx", limits.SemVmx, $"semaphore max value = {limits.SemVmx}"));
    }

    public override async Task<Shown> SummaryAsync(Viewer viewer, CancellationToken cancelled)
    {
        var usage = await viewer.Ipc.SemaphoreSets.InfoAsync(cancelled);
        return Shown.Section(
            "Semaphore Status",
            ("sets", usage.Sets, $"used arrays = {usage.Sets}"),
            ("semaphores", usage.Semaphores, $"allocated semaphores = {usage.Semaphores}"));
    }

    public override async Task<IReadOnlyList<string[]>> UsageAsync(Viewer viewer, CancellationToken cancelled)
    {
        var info = await viewer.Ipc.SemaphoreSets.InfoAsync(cancelled);
        return
        [
            LsipcFormat.Used("SEMMNI", "Number of semaphore identifiers", info.Sets, (ulong)info.SemMni),
            LsipcFormat.Used("SEMMNS", "Total number of semaphores", info.Semaphores, (ulong)info.SemMns),
            LsipcFormat.Limit("SEMMSL", "Max semaphores per semaphore set.", Text(info.SemMsl)),
            LsipcFormat.Limit("SEMOPM", "Max number of operations per semop(2)", Text(info.SemOpm)),
            LsipcFormat.Limit("SEMVMX", "Semaphore max value", Text(info.SemVmx)),
        ];
    }

    protected override async Task<Shown> OneAsync(Viewer viewer, SemaphoreSetStat stat, CancellationToken cancelled)
    {
        var values = await viewer.Ipc.SemaphoreSets.Open(stat.Id).PeekAsync(cancelled);
        var json = Json(stat);
        json["semaphores"] = new JsonArray([.. values.Select(ValuesCommands.Json)]);
        return new Shown(SetTables.One(stat, values), json);
    }

    protected override string Row(SemaphoreSetStat stat, Layout layout, SizeUnit unit) => SetTables.Row(stat, layout);

    public override string ProcRow(SemaphoreSetStat stat) => ProcFormat.Head(stat.Id, stat.Permissions)
        + Invariant($" {stat.Nsems,10}{ProcFormat.Owners(stat.Permissions)} {stat.Otime,10} {stat.Ctime,10}");

    protected override long CtimeOf(SemaphoreSetStat stat) => stat.Ctime;

    protected override string?[] Cells(SemaphoreSetStat stat, Viewer viewer) =>
        [Text(stat.Nsems), viewer.Time(stat.Otime)];

    protected override async Task<LsipcElements?> ElementsAsync(
        Viewer viewer, SemaphoreSetStat stat, CancellationToken cancelled)
    {
        var values = await viewer.Ipc.SemaphoreSets.Open(stat.Id).PeekAsync(cancelled);
        return new LsipcElements(
            [.. ElementNames.Select(name => new Column(name, true))],
            [
                .. values.Select((each, number) => new string?[]
                {
                    Text(number), Text(each.Value), Text(each.IncreaseCount), Text(each.ZeroCount), Text(each.Pid),
                    null,
                }),
            ]);
    }

    protected override void AddMembers(JsonObject json, SemaphoreSetStat stat)
    {
        json["nsems"] = stat.Nsems;
        json["otime"] = stat.Otime;
        json["ctime"] = stat.Ctime;
        json["waiters"] = stat.Waiters;
        json["volatile"] = stat.Durability == Durability.Volatile;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
