using System.Reflection;

namespace Cluster.Architecture.Tests;

/// <summary>
/// Folders are layers: a type uses types of its own folder and of the folders below it. The table "Layers" in
/// docs/architecture.md is the rule.
/// </summary>
public sealed class LayersTests
{
    private static readonly string Root = typeof(LayersTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Root").Value!;

    /// <summary>The projects of the table.</summary>
    public static TheoryData<string> Projects => [.. Table().Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_folder_uses_only_folders_below_it(string project)
    {
        var violations = Layering.FindViolations(Open(project), project, Table()[project]);
        Assert.True(violations.Count == 0, string.Join('\n', violations));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_table_has_each_folder_once_and_no_other(string project)
    {
        var listed = Table()[project].Folders.Where(folder => !folder.EndsWith('*')).ToArray();
        Assert.Equal(listed.Distinct(), listed);
        var folders = TypeReferences.FoldersOf(Open(project), project);
        Assert.Empty(listed.Except(folders));
    }

    [Fact]
    public void A_reference_upwards_names_both_types()
    {
        var reversed = new Layers([["Journal"], ["Metrics"]]);
        var violations = Layering.FindViolations(Open("Cluster.Actors"), "Cluster.Actors", reversed);
        Assert.Contains(
            "Cluster.Actors.Journal.Rows.JournalMetrics (Journal) uses Cluster.Actors.Metrics.Tally (Metrics)",
            violations);
    }

    [Fact]
    public void A_reference_sideways_is_a_violation_too()
    {
        var flat = new Layers([["Journal", "Metrics"]]);
        var violations = Layering.FindViolations(Open("Cluster.Actors"), "Cluster.Actors", flat);
        Assert.Contains(
            "Cluster.Actors.Journal.Rows.JournalMetrics (Journal) uses Cluster.Actors.Metrics.Tally (Metrics)",
            violations);
    }

    [Fact]
    public void A_folder_that_the_table_does_not_have_is_a_violation()
    {
        var violations = Layering.FindViolations(Open("Cluster.Actors"), "Cluster.Actors", new Layers([["Metrics"]]));
        Assert.Contains("Cluster.Actors.Wire.ClusterSerializer is in no folder of the table", violations);
    }

    private static Dictionary<string, Layers> Table() =>
        LayerTable.Parse(File.ReadAllText(Path.Combine(Root, "docs", "architecture.md")));

    // The assembly may have another name than its project, as a command has.
    private static string Open(string project)
    {
        string[] names = project switch
        {
            "Cluster.Node" => ["cluster-node.dll"],
            "Cluster.Cli" => ["ipc.dll", "Cluster.Cli.dll"],
            _ => [$"{project}.dll"],
        };
        return names.Select(name => Path.Combine(AppContext.BaseDirectory, name)).First(File.Exists);
    }
}
