using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>
/// Everything that the tool knows about one kind of object: its names, options, calls, tables and trace formats. The
/// commands iterate over <see cref="CliKinds.All"/> and have no lists of kinds. A new kind derives from
/// <see cref="CliKind{THandle,TStat,TChange}"/>.
/// </summary>
/// <remarks>
/// Methods that enumerate do so in the order of the ids. Their memory is bounded, whatever the number of objects.
/// </remarks>
internal abstract class CliKind
{
    /// <summary>The kind's number on the wire.</summary>
    public abstract Kind Kind { get; }

    public abstract KindNames Names { get; }

    public abstract KindOrder Order { get; }

    /// <summary>
    /// Whether the kind is one of sysvipc(7). Other kinds are listed only if their option is given: scripts read what
    /// ipcs(1) and lsipc(1) print without one.
    /// </summary>
    public virtual bool IsSystemV => true;

    /// <summary>The command with the kind's own calls: ipc msg.</summary>
    public abstract Command CreateCommand(Globals globals);

    // ---- calls that every kind has ----

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

    // ---- parts: entities of their own that hold the object's bytes ----

    /// <summary>The kind of the parts; null: the kind has none.</summary>
    public virtual Kind? PartKind => null;

    /// <summary>The part of an object that holds one of its bytes.</summary>
    public virtual Target PartOf(int id, long offset) => throw new NotSupportedException();

    // ---- ipcs, lsipc and /proc ----

    /// <summary>The first line of the kind's file in /proc/sysvipc.</summary>
    public abstract string ProcTitle { get; }

    /// <summary>
    /// All columns that lsipc has for the kind: <see cref="LsipcFormat.Common"/>, and those of the kind.
    /// </summary>
    public abstract IReadOnlyList<Column> Columns { get; }

    /// <summary>The columns of a list without further options, by name.</summary>
    public abstract IReadOnlyList<string> DefaultColumns { get; }

    /// <summary>The columns that --time adds, by name.</summary>
    public abstract IReadOnlyList<string> TimeColumns { get; }

    /// <summary>The title of a table of ipcs; null: ipcs has no such table.</summary>
    public abstract string? Title(Layout layout, SizeUnit unit);

    /// <summary>Rows of ipcs.</summary>
    public abstract IAsyncEnumerable<string> RowsAsync(Viewer viewer, Layout layout, CancellationToken cancelled);

    public abstract IAsyncEnumerable<JsonObject> JsonAsync(Viewer viewer, CancellationToken cancelled);

    /// <summary>Lines of /proc/sysvipc after the first.</summary>
    public abstract IAsyncEnumerable<string> ProcRowsAsync(Viewer viewer, CancellationToken cancelled);

    /// <summary>Rows of lsipc, a cell for each of <see cref="Columns"/>.</summary>
    public abstract IAsyncEnumerable<LsipcRow> CellsAsync(Viewer viewer, CancellationToken cancelled);

    /// <summary>lsipc -i, with the elements of the object; null: there is no such object.</summary>
    public abstract Task<LsipcRow?> OneRowAsync(Viewer viewer, int id, CancellationToken cancelled);

    /// <summary>ipcs -i; null: there is no such object.</summary>
    public abstract Task<Shown?> OneAsync(Viewer viewer, int id, CancellationToken cancelled);

    /// <summary>ipcs -l.</summary>
    public abstract Task<Shown> LimitsAsync(Viewer viewer, CancellationToken cancelled);

    /// <summary>ipcs -u.</summary>
    public abstract Task<Shown> SummaryAsync(Viewer viewer, CancellationToken cancelled);

    /// <summary>The kind's rows in the summary of lsipc.</summary>
    public abstract Task<IReadOnlyList<string[]>> UsageAsync(Viewer viewer, CancellationToken cancelled);

    /// <summary>The files of /proc/sys/kernel about the kind.</summary>
    public IEnumerable<KernelFile> KernelFiles => [.. LimitFiles, new NextIdFile(this)];

    /// <summary>The files of /proc/sys/kernel with the kind's limits. By default each limit has its own.</summary>
    protected virtual IEnumerable<KernelFile> LimitFiles => LimitRow.Of(Kind).Select(KernelFile.Of);

    // ---- strace ----

    /// <summary>A format for each operation that only this kind has.</summary>
    public abstract IEnumerable<StraceFormat> StraceFormats { get; }

    /// <summary>Whether the kind's get call has a size: semget(key, nsems, semflg), but msgget(key, msgflg).</summary>
    public abstract bool HasSize { get; }

    /// <summary>Arguments between the id and the command of the kind's control call: the semnum of semctl(2).</summary>
    public virtual string ControlArgument => "";
}
