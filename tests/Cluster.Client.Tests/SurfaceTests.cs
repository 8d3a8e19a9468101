using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Google.Protobuf;

namespace Cluster.Client.Tests;

/// <summary>Rules for the library as a whole: its public surface, and the dependencies of its folders.</summary>
public sealed partial class SurfaceTests
{
    private const string Kinds = "*";

    /// <summary>
    /// From the bottom up: a folder uses folders before it only. "*" stands for the folders of all kinds, which do not
    /// use each other; "" is the top folder.
    /// </summary>
    private static readonly string[] Layers =
    [
        "Values", "Errors", "Options", "Transport", "Engine", "Connection", "Tracing", "Objects", "Descriptors", "Namespaces",
        "Memory",
        Kinds,
        "Locks", "Processes", "Signals", "", "Hosting",
    ];

    [Fact]
    public void The_public_surface_has_no_protobuf_type()
    {
        var seen = typeof(IpcClient).Assembly.GetExportedTypes()
            .SelectMany(type => type.GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance
                | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(IsVisible)
            .SelectMany(member => Types(member).SelectMany(Parts).Select(type => (Type: type, Member: member)))
            .Where(each => each.Type.Namespace is { } space
                && (space.StartsWith("Cluster.Protocol", StringComparison.Ordinal)
                    || space.StartsWith("Google.Protobuf", StringComparison.Ordinal)))
            .ToList();
        Assert.NotEmpty(seen); // the rule looks at something
        Assert.All(seen, each => Assert.True(IsEnum(each.Type), $"{each.Member}"));
        Assert.DoesNotContain(seen, each => typeof(IMessage).IsAssignableFrom(each.Type));
    }

    [Fact]
    public void Each_public_interface_has_an_example()
    {
        var files = Sources().Where(file => PublicInterface().IsMatch(file.Code)).ToList();
        Assert.InRange(files.Count, 10, 100);
        Assert.All(files, file => Assert.True(
            File.ReadAllText(file.Path).Contains("<example>", StringComparison.Ordinal), file.Path));
    }

    [Fact]
    public void A_folder_uses_folders_below_it_only()
    {
        var sources = Sources();
        var kinds = sources.Where(file => ObjectsInterface().IsMatch(file.Code))
            .Select(file => file.Folder).ToHashSet();
        Assert.Equal(Enum.GetValues<IpcObjectKind>().Length, kinds.Count);
        Assert.Equal(
            Layers.Order(),
            sources.Select(file => kinds.Contains(file.Folder) ? Kinds : file.Folder).Distinct().Order());
        int Level(string folder) => Array.IndexOf(Layers, kinds.Contains(folder) ? Kinds : folder);
        var homes = sources
            .SelectMany(file => Declaration().Matches(file.Code)
                .Select(match => (Name: match.Groups[1].Value, file.Folder)))
            .GroupBy(each => each.Name)
            .ToDictionary(group => group.Key, group => group.First().Folder);
        Assert.InRange(homes.Count, 60, 500);
        var upwards = (
            from file in sources
            from word in Word().Matches(file.Code).Select(match => match.Value).Distinct()
            where homes.TryGetValue(word, out _)
            let home = homes[word]
            where home != file.Folder && Level(home) >= Level(file.Folder)
            select $"{file.Path} uses {word} of {home}").ToList();
        Assert.True(upwards.Count == 0, string.Join('\n', upwards));
    }

    private static bool IsEnum(Type type) => type == typeof(Protocol.Errno) || type == typeof(Protocol.Signal);

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        EventInfo => true,
        _ => false,
    };

    private static IEnumerable<Type> Types(MemberInfo member) => member switch
    {
        MethodInfo method => [method.ReturnType, .. method.GetParameters().Select(each => each.ParameterType)],
        ConstructorInfo constructor => constructor.GetParameters().Select(each => each.ParameterType),
        FieldInfo field => [field.FieldType],
        PropertyInfo property => [property.PropertyType],
        EventInfo { EventHandlerType: { } handler } => [handler],
        _ => [],
    };

    private static IEnumerable<Type> Parts(Type type) =>
        type.GetElementType() is { } element ? Parts(element) : [type, .. type.GetGenericArguments().SelectMany(Parts)];

    private static List<(string Path, string Folder, string Code)> Sources([CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../src/Cluster.Client"));
        return
        [
            .. Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories)
                .Select(path => (Path: path, Folder: Path.GetDirectoryName(Path.GetRelativePath(root, path))!))
                .Where(file => file.Folder.Split('/')[0] is not ("obj" or "bin"))
                .Select(file => (file.Path, file.Folder, Comment().Replace(File.ReadAllText(file.Path), ""))),
        ];
    }

    [GeneratedRegex(@"^\s*//.*$|""[^""\n]*""", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^(?:public|internal) [\w ]*?\b(?:class|record struct|record|struct|interface|enum) (\w+)",
        RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^public interface \w+ : (?:IIpcObjects|INamedObjects)<", RegexOptions.Multiline)]
    private static partial Regex ObjectsInterface();

    [GeneratedRegex(@"^public interface ", RegexOptions.Multiline)]
    private static partial Regex PublicInterface();

    // A name after a dot or before an equals sign is a member: the property MessageQueues, not the class.
    [GeneratedRegex(@"(?<![.\w])[A-Z]\w*(?!\w|\s*=[^=>])")]
    private static partial Regex Word();
}
