using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using NetArchTest.Rules;

namespace Cluster.Core.Tests.Architecture;

/// <summary>The core is pure, and nothing points the wrong way.</summary>
public sealed class ArchitectureTests
{
    private static readonly Assembly Core = typeof(Cluster.Core.Machines.Machine).Assembly;
    private static readonly Assembly Protocol = typeof(Cluster.Protocol.Errno).Assembly;

    [Fact]
    public void Core_and_protocol_know_no_akka()
    {
        Assert.DoesNotContain(Core.GetReferencedAssemblies(), IsAkka);
        Assert.DoesNotContain(Protocol.GetReferencedAssemblies(), IsAkka);
        Assert.Empty(Dependents(Core, "Akka"));
        Assert.Empty(Dependents(Protocol, "Akka"));
    }

    [Fact]
    public void Core_references_only_the_protocol()
    {
        var own = Core.GetReferencedAssemblies().Select(name => name.Name!)
            .Where(name => name.StartsWith("Cluster.", StringComparison.Ordinal));
        Assert.Equal(["Cluster.Protocol"], own);
        Assert.DoesNotContain(Protocol.GetReferencedAssemblies(), name => name.Name!.StartsWith("Cluster."));
    }

    [Theory]
    [InlineData("System.Threading.Tasks.Task")]
    [InlineData("System.Threading.Tasks.ValueTask")]
    [InlineData("System.Threading.Timer")]
    [InlineData("System.Threading.Thread")]
    [InlineData("System.Threading.Monitor")]
    [InlineData("System.Threading.Interlocked")]
    [InlineData("System.Threading.CancellationToken")]
    [InlineData("System.TimeProvider")]
    [InlineData("System.Random")]
    [InlineData("System.Console")]
    [InlineData("System.IO.File")]
    [InlineData("System.Net.Sockets.Socket")]
    public void Core_is_pure(string type)
    {
        Assert.Empty(Dependents(Core, type));
        Assert.DoesNotContain(type, ReferencedTypes());
    }

    [Fact]
    public void Classes_of_the_core_are_sealed_or_abstract()
    {
        var open = Core.GetTypes().Where(type =>
            type is { IsClass: true, IsSealed: false, IsAbstract: false, IsNested: false });
        Assert.Empty(open);
    }

    private static IEnumerable<string> Dependents(Assembly assembly, string dependency) =>
        Types.InAssembly(assembly).That().HaveDependencyOn(dependency).GetTypes().Select(type => type.FullName!);

    // The names in the compiled code, beyond those in the members of a type.
    private static HashSet<string> ReferencedTypes()
    {
        using var stream = File.OpenRead(Core.Location);
        using var image = new PEReader(stream);
        var reader = image.GetMetadataReader();
        return [.. reader.TypeReferences.Select(reader.GetTypeReference)
            .Select(type => $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}")];
    }

    private static bool IsAkka(AssemblyName name) => name.Name!.StartsWith("Akka", StringComparison.Ordinal);
}
