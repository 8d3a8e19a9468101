namespace Cluster.Architecture.Tests;

/// <summary>The folders of one project, from the bottom up. Folders of one level must not use each other.</summary>
/// <param name="levels">
/// Each level's folders, as paths below the project. "." is the project's own folder. "Objects/*" is each folder in
/// Objects.
/// </param>
public sealed class Layers(IReadOnlyList<IReadOnlyList<string>> levels)
{
    /// <summary>All folders.</summary>
    public IEnumerable<string> Folders => levels.SelectMany(level => level);

    /// <summary>
    /// Finds the folder of the table that a folder of the project belongs to: the one with the longest path.
    /// </summary>
    /// <returns>Its path and its level from 0; null: the table has none.</returns>
    public (string Folder, int Level)? Find(string folder)
    {
        (string Folder, int Level)? best = null;
        for (var level = 0; level < levels.Count; level++)
        {
            foreach (var pattern in levels[level])
            {
                if (Match(pattern, folder) is { } match && match.Length > (best?.Folder.Length ?? 0)) best = (match, level);
            }
        }

        return best;
    }

    private static string? Match(string pattern, string folder)
    {
        if (pattern == ".") return folder == "." ? "." : null;
        var (wanted, parts) = (pattern.Split('/'), folder.Split('/'));
        if (parts.Length < wanted.Length) return null;
        return wanted.Zip(parts).All(pair => pair is ("*", _) || pair.Item1 == pair.Item2)
            ? string.Join('/', parts[..wanted.Length])
            : null;
    }
}
