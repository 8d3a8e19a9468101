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
    /// path is that of a FIFO, or of a socket (<see cref="FindAll"/>). Null: the path is not absolute.
    /// </summary>
    public static (NamedKind Kind, string Name)? Find(string path) =>
        FindAll(path).Select(found => ((NamedKind, string)?)found).FirstOrDefault();

    /// <summary>The objects that may have a file: a path outside the directories is that of a FIFO or of a socket.</summary>
    public static IReadOnlyList<(NamedKind Kind, string Name)> FindAll(string path)
    {
        var found = CliKinds.Named.OrderByDescending(each => each.FilePrefix.Length)
            .Where(kind => kind.NameOf(path) is not null)
            .Select(kind => (Kind: kind, Name: kind.NameOf(path)!))
            .ToArray();
        return found is [{ Kind.Directory.Length: > 0 } first, ..] ? [first] : found;
    }

    /// <summary>The kind with one of <see cref="Words"/>, or with the word of its verb; null: there is none.</summary>
    public static NamedKind? KindOf(string word) =>
        CliKinds.Named.FirstOrDefault(kind => kind.CallPrefix == word || kind.Names.Word == word);

    /// <summary>The kinds whose objects have files in a directory; empty: none.</summary>
    public static IReadOnlyList<NamedKind> KindsIn(string directory) =>
        [.. CliKinds.Named.Where(kind => kind.Directory.Length > 0 && kind.Directory == directory.TrimEnd('/'))];
}
