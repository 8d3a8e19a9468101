namespace Cluster.Architecture.Tests;

/// <summary>
/// Reads the table of the section "Layers" of a Markdown text: a project a row, its folders from the bottom up. "&lt;"
/// separates levels, and a comma separates the folders of a level.
/// </summary>
public static class LayerTable
{
    private const string Section = "## Layers";

    /// <summary>The layers of each project.</summary>
    /// <exception cref="FormatException">There is no such section, or no row in it.</exception>
    public static Dictionary<string, Layers> Parse(string markdown)
    {
        var rows = markdown.Split('\n')
            .SkipWhile(line => line.TrimEnd() != Section).Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `Cluster.", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries));
        var table = rows.ToDictionary(cells => cells[1].Trim('`'), cells => new Layers(Levels(cells[2])));
        return table.Count > 0 ? table : throw new FormatException($"the section '{Section}' has no table");
    }

    private static string[][] Levels(string cell) =>
    [
        .. cell.Split('<', StringSplitOptions.TrimEntries)
            .Select(level => level.Split(',', StringSplitOptions.TrimEntries).Select(name => name.Trim('`')).ToArray()),
    ];
}
