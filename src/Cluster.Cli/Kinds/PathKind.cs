using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>A kind whose objects have paths for names, and no limits of a namespace: FIFOs and Unix sockets.</summary>
internal abstract class PathKind<THandle> : NamedKind<THandle>
{
    public override string Directory => "";

    public override string CallOf(string verb) => verb;

    public override string FileOf(string name) => name;

    public override string? NameOf(string path) => path.StartsWith('/') ? Normalize(path) : null;

    // ---- lsipc ----

    public override IReadOnlyList<Column> Columns { get; } = LsipcFormat.Posix;

    public override IReadOnlyList<string> DefaultColumns { get; } = [.. LsipcFormat.PosixFirst, "MTIME"];

    public override Task<IReadOnlyList<string[]>> UsageAsync(Viewer viewer, CancellationToken cancelled) =>
        Task.FromResult<IReadOnlyList<string[]>>([]);

    protected override Task<string?[]> CellsAsync(
        Viewer viewer, string name, NamedObjectStat stat, CancellationToken cancelled) =>
        Task.FromResult<string?[]>([]);

    // ---- strace ----

    protected override string UnlinkSection => "(2)";
}
