using System.Text.Json.Nodes;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>
/// A kind of sysvipc(7): its objects have keys and ids, and ipcs, ipcmk, ipcrm and /proc/sysvipc know it.
/// </summary>
internal abstract class SystemVKind : CliKind
{
    public abstract override SystemVNames Names { get; }

    public abstract KindOrder Order { get; }

    // ---- calls that every kind of sysvipc(7) has ----

    /// <summary>msgget(2), semget(2), shmget(2): the id.</summary>
    public abstract Task<int> GetAsync(IIpcClient ipc, GetRequest request, CancellationToken cancelled);

    /// <summary>IPC_RMID.</summary>
    public abstract Task RemoveAsync(IIpcClient ipc, int id, CancellationToken cancelled);

    public abstract IAsyncEnumerable<int> IdsAsync(IIpcClient ipc, CancellationToken cancelled);

    /// <summary>kernel.msg_next_id; null: none is chosen.</summary>
    public abstract Task<int?> NextIdAsync(IIpcClient ipc, CancellationToken cancelled);

    /// <summary>Sets kernel.msg_next_id.</summary>
    public abstract Task ChooseNextIdAsync(IIpcClient ipc, int id, CancellationToken cancelled);

    /// <summary>The option of ipcmk(1) for the kind.</summary>
    public abstract MakeOption CreateMakeOption();

    // ---- ipcs, lsipc and /proc ----

    public override IReadOnlyList<string> CreatorColumns => LsipcFormat.Creator;

    /// <summary>The first line of the kind's file in /proc/sysvipc.</summary>
    public abstract string ProcTitle { get; }

    /// <summary>The title of a table of ipcs; null: ipcs has no such table.</summary>
    public abstract string? Title(Layout layout, SizeUnit unit);

    /// <summary>Rows of ipcs.</summary>
    public abstract IAsyncEnumerable<string> RowsAsync(Viewer viewer, Layout layout, CancellationToken cancelled);

    public abstract IAsyncEnumerable<JsonObject> JsonAsync(Viewer viewer, CancellationToken cancelled);

    /// <summary>Lines of /proc/sysvipc after the first.</summary>
    public abstract IAsyncEnumerable<string> ProcRowsAsync(Viewer viewer, CancellationToken cancelled);

    /// <summary>lsipc -i, with the elements of the object; null: there is no such object.</summary>
    public abstract Task<LsipcRow?> OneRowAsync(Viewer viewer, int id, CancellationToken cancelled);

    /// <summary>ipcs -i; null: there is no such object.</summary>
    public abstract Task<Shown?> OneAsync(Viewer viewer, int id, CancellationToken cancelled);

    /// <summary>ipcs -l.</summary>
    public abstract Task<Shown> LimitsAsync(Viewer viewer, CancellationToken cancelled);

    /// <summary>ipcs -u.</summary>
    public abstract Task<Shown> SummaryAsync(Viewer viewer, CancellationToken cancelled);

    /// <summary>The files of /proc/sys/kernel about the kind.</summary>
    public override IEnumerable<KernelFile> KernelFiles => [.. LimitFiles, new NextIdFile(this)];

    /// <summary>The files of /proc/sys/kernel with the kind's limits. By default each limit has its own.</summary>
    protected virtual IEnumerable<KernelFile> LimitFiles => base.KernelFiles;

    // ---- strace ----

    /// <summary>Whether the kind's get call has a size: semget(key, nsems, semflg), but msgget(key, msgflg).</summary>
    public abstract bool HasSize { get; }

    public override StraceArguments Got(Get get) => new(
        $"{Names.Word}get",
        $"{StraceText.Key(get.Key)}, {(HasSize ? $"{get.Size}, " : "")}{StraceText.OfGet(get.Flags)}");

    public override StraceArguments Removed(Remove remove) =>
        new($"{Names.Word}ctl", $"{remove.Id}, {ControlArgument}IPC_RMID, NULL");
}
