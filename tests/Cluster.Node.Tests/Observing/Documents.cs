using System.Reflection;

namespace Cluster.Node.Tests.Observing;

/// <summary>The documents that must agree with the code.</summary>
internal static class Documents
{
    /// <summary>The text of a file of the repository.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The cells of the rows of a table, without its header.</summary>
    public static IReadOnlyList<string[]> Table(string path, string header)
    {
        var lines = Read(path).Split('\n');
        var start = Array.FindIndex(lines, line => line.StartsWith(header, StringComparison.Ordinal));
        Assert.True(start >= 0, $"{path} has no table '{header}'");
        return
        [
            .. lines.Skip(start + 2).TakeWhile(line => line.StartsWith('|'))
                .Select(line => line.Split('|')[1..^1].Select(cell => cell.Trim()).ToArray()),
        ];
    }

    private static string Root => typeof(Documents).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "Root").Value!;
}
