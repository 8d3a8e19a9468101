using Cluster.Cli.Kinds;

namespace Cluster.Cli.Files;

/// <summary>The paths of objects with names: /dev/mqueue/jobs.</summary>
internal static class FilePaths
{
    /// <summary>The directories, in words: "/dev/mqueue".</summary>
    public static IReadOnlyList<string> Directories { get; } =
        [.. CliKinds.Named.Select(kind => kind.Directory).Where(each => each.Length > 0).Distinct()];

    /// <summary>The words of the kinds with names: those of the man pages, as in sem_overview(7).</summary>
    public static IReadOnlyList<string> Words { get; } = [.. CliKinds.Named.Select(kind => kind.CallPrefix)];

    /// <summary>
    /// The object with a file. Of two kinds in one directory, the one whose files have a prefix comes first. Any other absolute
    /// path is that of a FIFO. Null: the path is not absolute.
    /// </summary>
    public static (NamedKind Kind, string Name)? Find(string path)
    {
        foreach (var kind in CliKinds.Named.OrderByDescending(each => each.FilePrefix.Length))
        {
            if (kind.NameOf(path) is { } name) return (kind, name);
        }

        return null;
    }

    /// <summary>The kind with one of <see cref="Words"/>, or with the word of its verb; null: there is none.</summary>
    public static NamedKind? KindOf(string word) =>
        CliKinds.Named.FirstOrDefault(kind => kind.CallPrefix == word || kind.Names.Word == word);

    /// <summary>The kinds whose objects have files in a directory; empty: none.</summary>
    public static IReadOnlyList<NamedKind> KindsIn(string directory) =>
        [.. CliKinds.Named.Where(kind => kind.Directory.Length > 0 && kind.Directory == directory.TrimEnd('/'))];
}
