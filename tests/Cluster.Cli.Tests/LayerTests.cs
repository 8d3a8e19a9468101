using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Cluster.Cli.Kinds;

namespace Cluster.Cli.Tests;

/// <summary>Rules for the tool as a whole: the order of its folders, and the place of a kind.</summary>
public sealed partial class LayerTests
{
    /// <summary>From the bottom up: a folder uses folders before it only. "" is the top folder.</summary>
    private static readonly string[] Layers =
    [
        "Failures", "Output", "Operating", "CommandLine", "Kinds", "UtilLinux", "Namespaces", "Tracing", "Nodes",
        "Bench", "Experiments", "",
    ];

    [Fact]
    public void A_folder_uses_folders_below_it_only()
    {
        var sources = Sources().ToList();
        Assert.Equal(Layers.Order(), sources.Select(file => file.Folder).Distinct().Order());
        var upwards =
            from file in sources
            from use in Use().Matches(file.Code).Select(match => match.Groups[1].Value).Distinct()
            where Array.IndexOf(Layers, use) > Array.IndexOf(Layers, file.Folder)
            select $"{file.Path} uses {use}";
        Assert.Empty(upwards);
        Assert.All(sources, file => Assert.Contains(
            file.Folder.Length == 0 ? "Cluster.Cli" : $"namespace Cluster.Cli.{file.Folder};", file.Code));
    }

    [Fact]
    public void Only_the_files_of_a_kind_name_the_kind()
    {
        // The load generators are about calls of one kind each, and examples in descriptions are texts.
        var named = Sources().Where(file => file.Folder is not ("Kinds" or "Bench"))
            .Where(file => KindName().IsMatch(file.Code)).Select(file => file.Path);
        Assert.Empty(named);
    }

    [Fact]
    public void Every_kind_has_its_own_names()
    {
        Assert.NotEmpty(CliKinds.All);
        foreach (var names in new Func<KindNames, object>[]
            { each => each.Word, each => each.Letter, each => each.Option, each => each.IdName, each => each.JsonName })
            Assert.Equal(CliKinds.All.Count, CliKinds.All.Select(kind => names(kind.Names)).Distinct().Count());
        foreach (var order in new Func<KindOrder, int>[]
            { each => each.Shown, each => each.Made, each => each.Removed })
            Assert.Equal(Enumerable.Range(1, CliKinds.All.Count), CliKinds.By(order).Select(kind => order(kind.Order)));
    }

    private static IEnumerable<(string Path, string Folder, string Code)> Sources([CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../src/Cluster.Cli"));
        return Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: path, Relative: Path.GetRelativePath(root, path).Split('/')))
            .Where(file => file.Relative[0] is not ("obj" or "bin"))
            .Select(file => (
                file.Path, file.Relative.Length == 1 ? "" : file.Relative[0],
                Comment().Replace(File.ReadAllText(file.Path), "")));
    }

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\bCluster\.Cli\.(\w+)(?=[;.])(?<!namespace Cluster\.Cli\.\w+)")]
    private static partial Regex Use();

    [GeneratedRegex(@"\b(?:Kind\.(?:MessageQueue|SemaphoreSet|SharedMemory|Extent)|MessageQueues|SemaphoreSets"
        + @"|SharedMemorySegments)\b|""(?:msg|sem|shm)""")]
    private static partial Regex KindName();
}
