using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Cluster.Cli.Kinds;
using Cluster.Client;
using Cluster.Core.Objects;
using Cluster.Protocol;

namespace Cluster.Cli.Tests;

/// <summary>Only the files of a kind know the kind.</summary>
public sealed partial class KindPlaceTests
{
    private static readonly Type[] Collections = [typeof(IIpcObjects<,>), typeof(INamedObjects<>)];

    [Fact]
    public void Only_the_files_of_a_kind_name_the_kind()
    {
        // The load generators are about calls of one kind each, and examples in descriptions are texts.
        var name = KindName();
        var sources = Sources().ToList();
        Assert.Empty(sources.Where(file => file.Folder is not ("Kinds" or "Bench"))
            .Where(file => name.IsMatch(file.Code)).Select(file => file.Path));
        foreach (var kind in CliKinds.All) // the expression finds the kinds where they may be named
            Assert.Contains(
                sources, file => file.Folder == "Kinds" && name.Match(file.Code).Value == $"Kind.{kind.Kind}");
    }

    [Fact]
    public void Every_kind_of_the_core_is_in_the_tool_with_its_word_and_letter()
    {
        var core = ObjectKinds.All.Select(kind => (kind.Kind, kind.Word, kind.Letter, kind.IsSystemV));
        Assert.Equal(
            core, CliKinds.All.Select(kind => (kind.Kind, kind.Names.Word, kind.Names.Letter, kind is SystemVKind)));
        Assert.Equal(
            ObjectKinds.All.Select(kind => (int)kind.Kind), Enum.GetValues<IpcObjectKind>().Select(kind => (int)kind));
        var parts = ObjectKinds.All.SelectMany(kind => kind.Parts).Select(part => part.Kind);
        Assert.Equal(parts, CliKinds.All.Select(kind => kind.PartKind).OfType<Kind>());
    }

    [Fact]
    public void Every_kind_has_its_own_names()
    {
        Assert.NotEmpty(CliKinds.All);
        foreach (var names in new Func<KindNames, object>[]
            { each => each.Word, each => each.Letter, each => each.Option, each => each.JsonName })
            Assert.Distinct(CliKinds.All.Select(kind => names(kind.Names)));
        Assert.Distinct(CliKinds.SystemV.Select(kind => kind.Names.IdName));
        // A path outside the directories is that of a FIFO or of a socket.
        Assert.Distinct(CliKinds.Named.Where(kind => kind.Directory.Length > 0)
            .Select(kind => (kind.Directory, kind.FilePrefix)));
        Assert.Equal(CliKinds.All, CliKinds.SystemV.Concat<CliKind>(CliKinds.Named));
        foreach (var order in new Func<KindOrder, int>[]
            { each => each.Shown, each => each.Made, each => each.Removed })
        {
            Assert.Equal(
                Enumerable.Range(1, CliKinds.SystemV.Count), CliKinds.By(order).Select(kind => order(kind.Order)));
        }
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

    // The numbers of the kinds and of their parts, the client's properties for them, and their words.
    private static Regex KindName()
    {
        var parts = CliKinds.All.Select(kind => kind.PartKind).OfType<Kind>();
        var numbers = CliKinds.All.Select(kind => kind.Kind).Concat(parts);
        var properties = typeof(IIpcClient).GetProperties().Where(property => property.PropertyType.GetInterfaces()
            .Any(each => each.IsGenericType && Collections.Contains(each.GetGenericTypeDefinition())));
        var words = CliKinds.All.Select(kind => kind.Names.Word);
        return new Regex(
            $@"(?<!System\.Net\.)\b(?:Kind\.(?:{string.Join('|', numbers)})|{string.Join('|', properties.Select(each => each.Name))})\b"
            + $@"|""(?:{string.Join('|', words)})""");
    }
}
