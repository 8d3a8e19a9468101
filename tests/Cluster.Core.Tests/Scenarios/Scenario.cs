namespace Cluster.Core.Tests.Scenarios;

/// <summary>
/// One line of a scenario: a command, and its expected result (null: any result that begins with ok).
/// </summary>
public sealed record Step(int Line, string Command, string? Expected);

/// <summary>
/// A story in a text file. A file has one or more, each with a title after "##"; "#" begins a comment; every other line
/// is "command => expected result". README.md beside the files has the language.
/// </summary>
public sealed record Scenario(string File, string Title, IReadOnlyList<Step> Steps)
{
    /// <summary>Where the files are.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Scenarios");

    /// <summary>Every scenario of every file.</summary>
    public static IEnumerable<Scenario> All() => Directory
        .EnumerateFiles(Folder, "*.txt", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal)
        .SelectMany(path => Read(Path.GetRelativePath(Folder, path), System.IO.File.ReadAllLines(path)));

    /// <summary>The scenarios of one file.</summary>
    public static List<Scenario> Read(string file, string[] lines)
    {
        List<Scenario> all = [];
        List<Step> steps = [];
        for (var at = 0; at < lines.Length; at++)
        {
            var line = lines[at].Trim();
            if (line.StartsWith("## ", StringComparison.Ordinal))
                all.Add(new Scenario(file, line[3..], steps = []));
            else if (line.Length > 0 && line[0] != '#')
                steps.Add(Parse(at + 1, line));
        }

        return all;
    }

    private static Step Parse(int line, string text)
    {
        var arrow = text.IndexOf("=>", StringComparison.Ordinal);
        return arrow < 0
            ? new Step(line, text, null)
            : new Step(line, text[..arrow].Trim(), Squeeze(text[(arrow + 2)..]));
    }

    /// <summary>The words with one space between them.</summary>
    public static string Squeeze(string text) =>
        string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
