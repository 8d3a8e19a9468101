using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.UtilLinux;

/// <summary>The columns that options of lsipc(1) choose.</summary>
internal readonly record struct LsipcColumns
{
    /// <summary>The kind that is listed; null: the summary of all kinds.</summary>
    public CliKind? Kind { get; init; }

    /// <summary>Whether rows are those of the summary.</summary>
    public bool IsSummary { get; init; }

    /// <summary>Whether the details of one object are shown, which by default are all columns.</summary>
    public bool IsDetails { get; init; }

    /// <summary>--creator.</summary>
    public bool WithCreator { get; init; }

    /// <summary>--time.</summary>
    public bool WithTimes { get; init; }

    /// <summary>--output; null: not given.</summary>
    public string? Output { get; init; }

    /// <summary>The columns in their order, each with its place in the rows.</summary>
    /// <exception cref="UsageException">--output names a column that does not exist here.</exception>
    public IReadOnlyList<(Column Column, int Place)> Choose()
    {
        var names = DefaultNames();
        if (Output is { } given)
        {
            if (given.StartsWith('+')) given = given[1..];
            else names.Clear();
            names.AddRange(given.Split(','));
        }

        return [.. names.Select(Find)];
    }

    private List<string> DefaultNames()
    {
        var known = Kind?.Columns ?? [];
        if (IsDetails && !WithCreator && !WithTimes) return [.. known.Select(column => column.Name)];
        List<string> names = [.. Kind?.DefaultColumns ?? []];
        if (IsSummary) names.AddRange(LsipcFormat.Summary.Select(column => column.Name));
        if (WithCreator) names.AddRange(Kind?.CreatorColumns ?? []);
        // A column with texts of any length stays the last one.
        var isLast = WithTimes && names.Count > 0 && names[^1] == Trailing;
        if (WithTimes) names.InsertRange(names.Count - (isLast ? 1 : 0), Kind?.TimeColumns ?? []);
        return names;
    }

    private const string Trailing = "COMMAND";

    // The place -1: rows of the summary have no such cell.
    private (Column Column, int Place) Find(string name)
    {
        var rows = IsSummary ? LsipcFormat.Summary : Kind!.Columns;
        if (At(rows, name) is { } place) return (rows[place], place);
        var others = Kind?.Columns ?? LsipcFormat.Common;
        var isDefault = Output is null || Kind?.DefaultColumns.Contains(name, StringComparer.OrdinalIgnoreCase) is true;
        if (IsSummary && At(others, name) is { } other && (isDefault || LsipcFormat.Common.Contains(others[other])))
            return (others[other], -1);
        var exists = CliKinds.All.Any(kind => At(kind.Columns, name) is not null)
            || At(LsipcFormat.Summary, name) is not null;
        throw new UsageException(exists
            ? $"lsipc: column {name} does not apply to the specified IPC"
            : $"lsipc: unknown column: {name}");
    }

    private static int? At(IReadOnlyList<Column> columns, string name)
    {
        for (var i = 0; i < columns.Count; i++)
        {
            if (columns[i].Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return i;
        }

        return null;
    }
}
