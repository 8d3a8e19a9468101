using System.Reflection;
using System.Text.RegularExpressions;
using Mono.Cecil;

namespace Cluster.Architecture.Tests;

/// <summary>The table "Where is it decided?" in docs/architecture.md names methods that exist.</summary>
public sealed partial class DecidedTests
{
    private static readonly string Root = typeof(DecidedTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Root").Value!;

    [Fact]
    public void Every_method_of_the_table_exists()
    {
        var existing = Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
            .Where(path => Path.GetFileName(path) is "cluster-node.dll" or "ipc.dll"
                || Path.GetFileName(path).StartsWith("Cluster.", StringComparison.Ordinal))
            .SelectMany(MethodsOf).ToHashSet();
        var named = Named();
        Assert.True(named.Count >= 40, $"the table names {named.Count} methods");
        Assert.Empty(named.Except(existing));
    }

    private static HashSet<string> Named()
    {
        var text = File.ReadAllText(Path.Combine(Root, "docs", "architecture.md"));
        var rows = text.Split('\n').SkipWhile(line => line != "## Where is it decided?").Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith('|'));
        return [.. rows.SelectMany(row => Method().Matches(row)).Select(match => match.Groups[1].Value)];
    }

    private static IEnumerable<string> MethodsOf(string assembly)
    {
        using var module = ModuleDefinition.ReadModule(assembly);
        foreach (var type in module.Types)
        {
            var name = type.Name.Split('`')[0];
            foreach (var method in type.Methods) yield return $"{name}.{method.Name}";
            foreach (var property in type.Properties) yield return $"{name}.{property.Name}";
        }
    }

    [GeneratedRegex("`([A-Za-z]+\\.[A-Za-z]+)`")]
    private static partial Regex Method();
}
