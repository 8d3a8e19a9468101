using System.Reflection;
using System.Text.RegularExpressions;

namespace Cluster.Architecture.Tests;

/// <summary>The links of the README and of the documents lead to files that exist.</summary>
public sealed partial class LinksTests
{
    private static readonly string Root = typeof(LinksTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Root").Value!;

    [Fact]
    public void Every_link_leads_to_a_file()
    {
        string[] documents =
        [
            Path.Combine(Root, "README.md"),
            .. Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories),
        ];
        var links = documents.SelectMany(LinksOf).ToArray();
        Assert.True(links.Length > 40, $"{links.Length} links");
        Assert.Empty(links.Where(link => !Path.Exists(link.Path)).Select(link => $"{link.Document}: {link.Path}"));
    }

    private static IEnumerable<(string Document, string Path)> LinksOf(string document)
    {
        foreach (Match match in Link().Matches(File.ReadAllText(document)))
        {
            var target = match.Groups[1].Value;
            if (target.Contains("://", StringComparison.Ordinal)) continue;
            yield return (document, Path.Combine(Path.GetDirectoryName(document)!, target));
        }
    }

    [GeneratedRegex(@"\]\(([^)#\s]+)")]
    private static partial Regex Link();
}
