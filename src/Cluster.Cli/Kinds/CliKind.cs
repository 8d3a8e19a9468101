using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>
/// Everything that the tool knows about one kind of object: its names, commands, limits, lists and trace formats. The
/// commands iterate over <see cref="CliKinds.All"/> and have no lists of kinds. A kind of sysvipc(7) derives from
/// <see cref="SystemVKind{THandle,TStat,TChange}"/>, a kind whose objects have names from
/// <see cref="NamedKind{THandle}"/>.
/// </summary>
/// <remarks>
/// Methods that enumerate do so in the order of the ids. Their memory is bounded, whatever the number of objects.
/// </remarks>
internal abstract class CliKind
{
    /// <summary>The kind's number on the wire.</summary>
    public abstract Kind Kind { get; }

    public abstract KindNames Names { get; }

    /// <summary>The command with the kind's own calls: ipc msg.</summary>
    public abstract Command CreateCommand(Globals globals);

    // ---- parts: entities of their own that hold the object's bytes ----

    /// <summary>The kind of the parts; null: the kind has none.</summary>
    public virtual Kind? PartKind => null;

    /// <summary>The part of an object that holds one of its bytes.</summary>
    public virtual Target PartOf(int id, long offset) => throw new NotSupportedException();

    // ---- lsipc ----

    /// <summary>All columns that lsipc has for the kind.</summary>
    public abstract IReadOnlyList<Column> Columns { get; }

    /// <summary>The columns of a list without further options, by name.</summary>
    public abstract IReadOnlyList<string> DefaultColumns { get; }

    /// <summary>The columns that --time adds, by name.</summary>
    public abstract IReadOnlyList<string> TimeColumns { get; }

    /// <summary>The columns that --creator adds, by name.</summary>
    public abstract IReadOnlyList<string> CreatorColumns { get; }

    /// <summary>Rows of lsipc, a cell for each of <see cref="Columns"/>.</summary>
    public abstract IAsyncEnumerable<LsipcRow> CellsAsync(Viewer viewer, CancellationToken cancelled);

    /// <summary>The kind's rows in the summary of lsipc.</summary>
    public abstract Task<IReadOnlyList<string[]>> UsageAsync(Viewer viewer, CancellationToken cancelled);

    // ---- /proc/sys ----

    /// <summary>The files of /proc/sys about the kind. By default each limit has its own.</summary>
    public virtual IEnumerable<KernelFile> KernelFiles => LimitRow.Of(Kind).Select(KernelFile.Of);

    // ---- strace ----

    /// <summary>A format for each operation that only this kind has.</summary>
    public abstract IEnumerable<StraceFormat> StraceFormats { get; }

    /// <summary>The call that finds or makes an object: msgget(2), mq_open(3).</summary>
    public abstract StraceArguments Got(Get get);

    /// <summary>What that call returned.</summary>
    public virtual string GotId(int id) => $"{id}";

    /// <summary>The call that removes an object: IPC_RMID, mq_unlink(3).</summary>
    public abstract StraceArguments Removed(Remove remove);

    /// <summary>Arguments between the id and the command of the kind's control call: the semnum of semctl(2).</summary>
    public virtual string ControlArgument => "";
}
