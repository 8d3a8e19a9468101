using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>
/// A kind whose objects have names, and files in a directory: mq_overview(7), sem_overview(7), shm_overview(7).
/// </summary>
internal abstract class NamedKind : CliKind
{
    // ---- names and files ----

    /// <summary>The directory of the kind's files: /dev/mqueue.</summary>
    public abstract string Directory { get; }

    /// <summary>What the name of a file begins with, beside the name of the object: sem. for a semaphore.</summary>
    public virtual string FilePrefix => "";

    /// <summary>The name of the file of an object in the kind's directory.</summary>
    public virtual string FileOf(string name) => FilePrefix + name[1..];

    /// <summary>The path of the file of an object.</summary>
    public string PathOf(string name) => Directory.Length == 0 ? FileOf(name) : $"{Directory}/{FileOf(name)}";

    /// <summary>The type of the files in ls -l: a regular file, or p for a FIFO.</summary>
    public virtual char FileType => '-';

    /// <summary>The name of the object with a file such as /dev/mqueue/jobs; null: it is no file of the kind.</summary>
    public virtual string? NameOf(string path)
    {
        var start = $"{Directory}/{FilePrefix}";
        return path.StartsWith(start, StringComparison.Ordinal) && path.Length > start.Length
            && !path.AsSpan(start.Length).Contains('/')
            ? $"/{path[start.Length..]}"
            : null;
    }

    /// <summary>A name as the listing has it.</summary>
    public virtual string Normalize(string name) => name;

    /// <summary>A name of sem_open(3) or shm_open(3), of which slashes at the start do not count.</summary>
    public static string WithOneSlash(string name) => "/" + name.TrimStart('/');

    // ---- ipcmk and ipcrm ----

    /// <summary>The kind in ipcmk(1) and ipcrm(1); null: they do not know it.</summary>
    public virtual UtilLinuxNames? UtilLinux => null;

    /// <summary>The option of ipcmk(1) for a kind with <see cref="UtilLinux"/>.</summary>
    public virtual NamedMakeOption CreateMakeOption() => throw new NotSupportedException($"ipcmk makes no {Names.Noun}");

    // ---- calls that every kind with names has ----

    public abstract IAsyncEnumerable<NamedObjectEntry> ListAsync(IIpcClient ipc, CancellationToken cancelled);

    /// <summary>stat(2).</summary>
    public abstract Task<NamedObjectStat> StatAsync(
        IIpcClient ipc, NamedObjectEntry entry, CancellationToken cancelled);

    /// <summary>mq_unlink(3) and its like.</summary>
    public abstract Task UnlinkAsync(IIpcClient ipc, string name, CancellationToken cancelled);

    /// <summary>The bytes of the object's file, in pieces.</summary>
    public abstract IAsyncEnumerable<ReadOnlyMemory<byte>> ReadFileAsync(
        IIpcClient ipc, string name, CancellationToken cancelled);

    /// <summary>All objects with their stat.</summary>
    public IAsyncEnumerable<(NamedObjectEntry Entry, NamedObjectStat Stat)> StatsAsync(
        IIpcClient ipc, CancellationToken cancelled) =>
        Asking.EachAsync<NamedObjectEntry, (NamedObjectEntry, NamedObjectStat)>(
            ListAsync(ipc, cancelled), async entry =>
                await TryStatAsync(ipc, entry, cancelled) is { } stat
                    ? new Answer<(NamedObjectEntry, NamedObjectStat)>((entry, stat))
                    : null);

    /// <summary>The object with a name, found in the listing; null: there is none.</summary>
    public async Task<(NamedObjectEntry Entry, NamedObjectStat Stat)?> FindAsync(
        IIpcClient ipc, string name, CancellationToken cancelled)
    {
        var known = Normalize(name);
        await foreach (var entry in ListAsync(ipc, cancelled))
        {
            if (entry.Name == known && await TryStatAsync(ipc, entry, cancelled) is { } stat) return (entry, stat);
        }

        return null;
    }

    /// <summary>stat(2) in JSON.</summary>
    public JsonObject Json(NamedObjectEntry entry, NamedObjectStat stat) => new()
    {
        ["file"] = PathOf(entry.Name),
        ["name"] = entry.Name,
        ["id"] = entry.Id,
        ["uid"] = stat.Uid,
        ["gid"] = stat.Gid,
        ["mode"] = Convert.ToString((int)stat.Mode, 8).PadLeft(4, '0'),
        ["size"] = stat.Size,
        ["ctime"] = stat.Ctime,
        ["descriptions"] = stat.Descriptions,
        ["volatile"] = stat.Durability == Durability.Volatile,
    };

    private async Task<NamedObjectStat?> TryStatAsync(
        IIpcClient ipc, NamedObjectEntry entry, CancellationToken cancelled)
    {
        try
        {
            return await StatAsync(ipc, entry, cancelled);
        }
        catch (IpcException exception) when (exception.Errno is Errno.EINVAL or Errno.EIDRM or Errno.EBADF)
        {
            return null; // it ended after it was listed
        }
    }

    // ---- the verbs that every kind with names has ----

    /// <summary>The argument that names an object of the kind.</summary>
    public Argument<string> NameArgument() => new("NAME") { Description = NameHelp };

    /// <summary>What a name is.</summary>
    protected virtual string NameHelp =>
        $"The {Names.ShortNoun}'s name, such as /jobs: a slash, and up to 255 bytes without another one";

    /// <summary>ipc mq stat.</summary>
    protected Command CreateStat(Globals globals)
    {
        var name = NameArgument();
        var what = $"stat(2) of the {Names.ShortNoun}'s file. Example: ipc {Names.Word} stat /jobs --json";
        var command = new Command("stat", what) { name };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var (entry, stat) = await FindAsync(ipc, parsed.GetValue(name)!, cancelled)
                ?? throw new IpcException(Errno.ENOENT, "stat");
            await globals.Out.WriteLineAsync(Json(entry, stat).Show(globals.Json(parsed)));
        });
        return command;
    }

    /// <summary>ipc mq unlink.</summary>
    protected Command CreateUnlink(Globals globals)
    {
        var name = NameArgument();
        var what = $"{CallOf("unlink")}{UnlinkSection}: the name is free at once; the {Names.ShortNoun} lives until its last "
            + $"descriptor is closed. Example: ipc {Names.Word} unlink /jobs";
        var command = new Command("unlink", what) { name };
        globals.Run(command, (ipc, parsed, cancelled) => UnlinkAsync(ipc, parsed.GetValue(name)!, cancelled));
        return command;
    }

    // ---- lsipc ----

    public override IReadOnlyList<string> TimeColumns => []; // util-linux 2.41 adds none: MTIME is there already

    public override IReadOnlyList<string> CreatorColumns => ["CUID", "CGID"];

    public override IAsyncEnumerable<LsipcRow> CellsAsync(Viewer viewer, CancellationToken cancelled) =>
        Asking.EachAsync<NamedObjectEntry, LsipcRow>(ListAsync(viewer.Ipc, cancelled), async entry =>
            await TryStatAsync(viewer.Ipc, entry, cancelled) is { } stat
                ? new Answer<LsipcRow>(await RowAsync(viewer, entry.Name, stat, cancelled))
                : null);

    /// <summary>lsipc -N; null: there is no such object.</summary>
    public async Task<LsipcRow?> OneRowAsync(Viewer viewer, string name, CancellationToken cancelled) =>
        await FindAsync(viewer.Ipc, name, cancelled) is { } found
            ? await RowAsync(viewer, name, found.Stat, cancelled)
            : null;

    /// <summary>The cells of lsipc after <see cref="LsipcFormat.Posix"/>.</summary>
    protected abstract Task<string?[]> CellsAsync(
        Viewer viewer, string name, NamedObjectStat stat, CancellationToken cancelled);

    private async Task<LsipcRow> RowAsync(
        Viewer viewer, string name, NamedObjectStat stat, CancellationToken cancelled) => new(
    [
        .. LsipcFormat.Cells(name, stat, viewer.Style, viewer.Now),
        .. await CellsAsync(viewer, name, stat, cancelled),
    ]);

    // ---- strace ----

    /// <summary>What the calls of the kind begin with: mq, sem, shm.</summary>
    public abstract string CallPrefix { get; }

    /// <summary>A call of the kind: mq_open.</summary>
    public virtual string CallOf(string verb) => $"{CallPrefix}_{verb}";

    /// <summary>The call that makes an object without a name: pipe2.</summary>
    public virtual string PairCall => throw new NotSupportedException($"every {Names.Noun} has a name");

    /// <summary>TYPE of lsof(8).</summary>
    public virtual string LsofType => "REG";

    /// <summary>NAME of lsof(8) for an object without a name; null: the name was unlinked.</summary>
    public virtual string? LsofName => null;

    /// <summary>All objects, also those without a name.</summary>
    public abstract IAsyncEnumerable<NamedObjectEntry> ListAllAsync(IIpcClient ipc, CancellationToken cancelled);

    /// <summary>Who has an object open.</summary>
    public abstract Task<IReadOnlyList<OpenDescriptionInfo>> HoldersAsync(
        IIpcClient ipc, NamedObjectEntry entry, CancellationToken cancelled);

    /// <summary>The section of the man page of the unlink call.</summary>
    protected virtual string UnlinkSection => "(3)";

    /// <summary>The arguments of the open call after the mode, with a comma in front: mq_attr.</summary>
    protected virtual string OpenArguments(Get get) => "";

    /// <remarks>
    /// The directory finds or makes the object, and returns its id. Then the object opens a description. So an open is
    /// two lines, and the second one has the access mode and the descriptor.
    /// </remarks>
    public override StraceArguments Got(Get get)
    {
        var flags = StraceText.Flags(get.Flags, (IpcFlags.IPC_CREAT, "O_CREAT"), (IpcFlags.IPC_EXCL, "O_EXCL"));
        var made = (get.Flags & IpcFlags.IPC_CREAT) == 0 ? "" : $", {StraceText.Octal(get.Mode)}{OpenArguments(get)}";
        return new(CallOf("open"), $"{StraceText.Quote(get.Name)}, {flags}{made}");
    }

    public override string GotId(int id) => $"{id} (id)";

    public override StraceArguments Removed(Remove remove) =>
        new(CallOf("unlink"), StraceText.Quote(remove.Name));

    /// <summary>Text as the bytes of a file.</summary>
    protected static ReadOnlyMemory<byte> Bytes(FormattableString text) =>
        Encoding.UTF8.GetBytes(text.ToString(CultureInfo.InvariantCulture));
}
