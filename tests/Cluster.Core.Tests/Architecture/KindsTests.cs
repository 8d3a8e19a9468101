using System.Reflection;
using Cluster.Core.Entities;
using Cluster.Core.Machines;
using Cluster.Core.Objects;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Architecture;

/// <summary>
/// Every kind of object has all that belongs to it. A failure names the place that is missing. The tool has a test of
/// its own for the formats of traces.
/// </summary>
public sealed class KindsTests
{
    private static readonly string Root = typeof(KindsTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(each => each.Key == "Root").Value!;

    public static TheoryData<Kind> Kinds { get; } = [.. ObjectKinds.All.Select(kind => kind.Kind)];

    [Fact]
    public void Every_object_of_the_protocol_is_described()
    {
        var parts = ObjectKinds.All.SelectMany(kind => kind.Parts).Select(part => part.Kind);
        var described = ObjectKinds.All.Select(kind => kind.Kind).Concat(parts).Order();
        var objects = Enum.GetValues<Kind>().Where(kind => kind is > Kind.Unspecified and < Kind.Directory).Order();
        Assert.Equal(objects, described);
    }

    [Fact]
    public void No_two_kinds_share_a_word_or_a_letter()
    {
        Assert.Distinct(ObjectKinds.All.Select(kind => kind.Word));
        Assert.Distinct(ObjectKinds.All.Select(kind => kind.Letter));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_kind_has_a_machine(Kind kind)
    {
        var machine = Assert.IsAssignableFrom<ObjectMachine>(MachineFactory.Create(new EntityKey { Kind = kind }));
        Assert.Equal(kind, machine.Key.Kind);
        if (ObjectKinds.Of(kind).IsSystemV) Assert.NotEmpty(ObjectKinds.Of(kind).Limits);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_kind_has_all_its_files(Kind kind)
    {
        var folder = FolderOf(ObjectKinds.Of(kind));
        Holds($"src/Cluster.Core/Objects/{folder}", "*Kind.cs");
        Holds($"tests/Cluster.Core.Tests/Model/{folder}", "*ModelTests.cs");
        if (ObjectKinds.Of(kind).IsSystemV) Holds($"tests/Cluster.Conformance/{folder}", "*ConformanceTests.cs");
        Holds($"tests/Cluster.Simulation/{folder}", "*.cs");
        Holds("docs/objects", $"{Label.Of(kind.ToString()).Replace('_', '-')}.md");
        var proto = $"{Label.Of(kind.ToString())}.proto";
        Holds("src/Cluster.Protocol/Protos/cluster/ipc/v1", proto);
    }

    // The folder of a kind is the last part of the namespace of its description.
    private static string FolderOf(ObjectKind kind) => kind.GetType().Namespace!.Split('.')[^1];

    private static void Holds(string folder, string pattern)
    {
        var path = Path.Combine(Root, folder);
        var found = Directory.Exists(path) && Directory.EnumerateFiles(path, pattern).Any();
        Assert.True(found, $"{folder}/{pattern} is missing");
    }
}
