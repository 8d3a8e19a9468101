using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>
/// The calls and views that all kinds of sysvipc(7) have, in terms of the client's types. Ids come in pages, and some
/// hundred objects are asked at a time. So a listing of any length starts at once and needs little memory.
/// </summary>
internal abstract class SystemVKind<THandle, TStat, TChange> : SystemVKind
    where THandle : IIpcObject<TStat, TChange>
    where TStat : class
    where TChange : PermissionsChange, new()
{
    public override Task RemoveAsync(IIpcClient ipc, int id, CancellationToken cancelled) =>
        Objects(ipc).Open(id).RemoveAsync(cancelled);

    public override IAsyncEnumerable<int> IdsAsync(IIpcClient ipc, CancellationToken cancelled) =>
        Objects(ipc).ListAsync(cancelled).Select(entry => entry.Id);

    public override Task<int?> NextIdAsync(IIpcClient ipc, CancellationToken cancelled) =>
        Objects(ipc).GetNextIdAsync(cancelled);

    public override Task ChooseNextIdAsync(IIpcClient ipc, int id, CancellationToken cancelled) =>
        Objects(ipc).SetNextIdAsync(id, cancelled);

    public override IAsyncEnumerable<string> RowsAsync(Viewer viewer, Layout layout, CancellationToken cancelled) =>
        ShowAsync(viewer, stat => Row(stat, layout, viewer.Unit), cancelled);

    public override IAsyncEnumerable<JsonObject> JsonAsync(Viewer viewer, CancellationToken cancelled) =>
        ShowAsync(viewer, Json, cancelled);

    public override IAsyncEnumerable<string> ProcRowsAsync(Viewer viewer, CancellationToken cancelled) =>
        ShowAsync(viewer, ProcRow, cancelled);

    public override IAsyncEnumerable<LsipcRow> CellsAsync(Viewer viewer, CancellationToken cancelled) =>
        ShowAsync(viewer, stat => Row(stat, viewer), cancelled);

    public override async Task<LsipcRow?> OneRowAsync(Viewer viewer, int id, CancellationToken cancelled) =>
        await TryAsync(Objects(viewer.Ipc).Open(id).StatAsync(any: true, cancelled)) is { } stat
            ? Row(stat, viewer) with { Elements = await ElementsAsync(viewer, stat, cancelled) }
            : null;

    public override async Task<Shown?> OneAsync(Viewer viewer, int id, CancellationToken cancelled) =>
        await TryAsync(Objects(viewer.Ipc).Open(id).StatAsync(any: true, cancelled)) is { } stat
            ? await OneAsync(viewer, stat, cancelled)
            : null;

    // ---- what a kind says ----

    protected abstract IIpcObjects<THandle, TStat> Objects(IIpcClient ipc);

    protected abstract int IdOf(TStat stat);

    protected abstract IpcPermissions PermissionsOf(TStat stat);

    /// <summary>A row of ipcs.</summary>
    protected abstract string Row(TStat stat, Layout layout, SizeUnit unit);

    /// <summary>A line of /proc/sysvipc.</summary>
    public abstract string ProcRow(TStat stat);

    /// <summary>The time of the last change (msg_ctime and its like), in seconds since the epoch.</summary>
    protected abstract long CtimeOf(TStat stat);

    /// <summary>The cells of lsipc after those that every kind has.</summary>
    protected abstract string?[] Cells(TStat stat, Viewer viewer);

    /// <summary>What lsipc -i shows of the parts of an object; null: nothing.</summary>
    protected virtual Task<LsipcElements?> ElementsAsync(Viewer viewer, TStat stat, CancellationToken cancelled) =>
        Task.FromResult<LsipcElements?>(null);

    /// <summary>Adds the members of the kind's structure that follow the permissions.</summary>
    protected abstract void AddMembers(JsonObject json, TStat stat);

    /// <summary>The mode of the object in JSON, with flags if the kind has some.</summary>
    protected virtual int ModeOf(TStat stat) => (int)PermissionsOf(stat).Mode;

    /// <summary>ipcs -i.</summary>
    protected abstract Task<Shown> OneAsync(Viewer viewer, TStat stat, CancellationToken cancelled);

    /// <summary>The object with the member names of struct msqid_ds and its like, without their prefixes.</summary>
    protected JsonObject Json(TStat stat)
    {
        var permissions = PermissionsOf(stat);
        var json = new JsonObject
        {
            ["key"] = $"0x{permissions.Key:x8}",
            [Names.IdName] = IdOf(stat),
            ["uid"] = permissions.Uid,
            ["gid"] = permissions.Gid,
            ["cuid"] = permissions.Cuid,
            ["cgid"] = permissions.Cgid,
            ["mode"] = Convert.ToString(ModeOf(stat), 8).PadLeft(4, '0'),
        };
        AddMembers(json, stat);
        return json;
    }

    // ---- the verbs that every kind has ----

    /// <summary>The argument that names an object of the kind.</summary>
    public Argument<int> IdArgument() => CommonOptions.Id($"The {Names.ShortNoun}'s id ({Names.IdName})");

    /// <summary>The option for the size of the get verb; null: the kind has no size.</summary>
    protected virtual Option<long>? SizeOption() => null;

    /// <summary>ipc msg get.</summary>
    protected Command CreateGet(Globals globals, string example)
    {
        var key = CommonOptions.Key(Names.ShortNoun);
        var size = SizeOption();
        var create = new Option<bool>("--create") { Description = "Make it if there is none (IPC_CREAT)" };
        var exclusive = new Option<bool>("--excl") { Description = "EEXIST if there is one (IPC_EXCL)" };
        var mode = CommonOptions.Mode();
        var isVolatile = CommonOptions.Volatile();
        var what = $"{Names.Word}get(2): the id of a key's {Names.ShortNoun}. Example: ipc {Names.Word} get {example}";
        var command = new Command("get", what) { key };
        if (size is not null) command.Add(size);
        foreach (var option in new Option[] { create, exclusive, mode, isVolatile }) command.Add(option);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            // On an object that exists the mode bits ask for permissions. So without --mode they are 0.
            var bits = parsed.GetValue(mode) ?? (parsed.GetValue(create) ? CommonOptions.DefaultMode : 0);
            var flags = (parsed.GetValue(create) ? GetFlags.Create : 0)
                | (parsed.GetValue(exclusive) ? GetFlags.Exclusive : 0);
            var request = new GetRequest(
                parsed.GetValue(key), size is null ? 0 : parsed.GetValue(size), flags, (UnixFileMode)bits,
                CommonOptions.Lives(parsed, isVolatile));
            var id = await GetAsync(ipc, request, cancelled);
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject { [Names.IdName] = id })
                : id.ToString(CultureInfo.InvariantCulture));
        });
        return command;
    }

    /// <summary>ipc msg stat.</summary>
    protected Command CreateStat(Globals globals)
    {
        var id = IdArgument();
        var what = $"IPC_STAT: struct {Names.IdName}_ds. Example: ipc {Names.Word} stat 0 --json";
        var command = new Command("stat", what) { id };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var stat = await Objects(ipc).Open(parsed.GetValue(id)).StatAsync(any: false, cancelled);
            await globals.Out.WriteLineAsync(Json(stat).Show(globals.Json(parsed)));
        });
        return command;
    }

    /// <summary>Adds the options for what only this kind can change; returns the change that they describe.</summary>
    protected virtual Func<ParseResult, TChange> AddChanges(Command command) => _ => new TChange();

    /// <summary>ipc msg set. The new owner is --owner-uid and --owner-gid: --uid and --gid name the caller.</summary>
    protected Command CreateSet(Globals globals, string example)
    {
        var id = IdArgument();
        var members = $"{Names.Word}_perm";
        var owner = CommonOptions.Owner("--owner-uid", "--owner", "UID", $"The new owner ({members}.uid)");
        var group = CommonOptions.Owner("--owner-gid", "--group", "GID", $"The new group ({members}.gid)");
        var mode = CommonOptions.Mode($"Permissions, octal ({members}.mode)");
        var what = $"IPC_SET; what is not given stays. Example: ipc {Names.Word} set 0 {example}";
        var command = new Command("set", what) { id, owner, group, mode };
        var changes = AddChanges(command);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var change = changes(parsed) with
            {
                Uid = parsed.GetValue(owner),
                Gid = parsed.GetValue(group),
                Mode = (UnixFileMode?)parsed.GetValue(mode),
            };
            await Objects(ipc).Open(parsed.GetValue(id)).SetAsync(change, cancelled);
        });
        return command;
    }

    /// <summary>ipc msg remove.</summary>
    protected Command CreateRemove(Globals globals)
    {
        var id = IdArgument();
        var command = new Command("remove", $"IPC_RMID. Example: ipc {Names.Word} remove 0") { id };
        globals.Run(command, (ipc, parsed, cancelled) => RemoveAsync(ipc, parsed.GetValue(id), cancelled));
        return command;
    }

    private LsipcRow Row(TStat stat, Viewer viewer) => new(
    [
        .. LsipcFormat.Cells(IdOf(stat), PermissionsOf(stat), CtimeOf(stat), viewer.Style, viewer.Now),
        .. Cells(stat, viewer),
    ]);

    private IAsyncEnumerable<T> ShowAsync<T>(Viewer viewer, Func<TStat, T> show, CancellationToken cancelled)
    {
        var objects = Objects(viewer.Ipc);
        return Asking.EachAsync<IpcObjectEntry, T>(
            objects.ListAsync(cancelled),
            async entry => await TryAsync(objects.Open(entry.Id).StatAsync(any: true, cancelled)) is { } stat
                ? new Answer<T>(show(stat))
                : null);
    }

    // Null: there is no such object. It may have been removed after it was listed.
    private static async Task<TStat?> TryAsync(Task<TStat> asked)
    {
        try
        {
            return await asked;
        }
        catch (IpcException exception) when (exception.Errno is Errno.EINVAL or Errno.EIDRM)
        {
            return null;
        }
    }
}
