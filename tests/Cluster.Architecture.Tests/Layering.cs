namespace Cluster.Architecture.Tests;

/// <summary>Compares the references of a compiled project with its layers.</summary>
public static class Layering
{
    /// <summary>
    /// Each reference upwards or sideways, with both types, and each type whose folder the table does not have.
    /// </summary>
    /// <param name="assembly">The path of the compiled project.</param>
    /// <param name="project">The project's root namespace.</param>
    /// <param name="layers">Its layers.</param>
    public static IReadOnlyList<string> FindViolations(string assembly, string project, Layers layers)
    {
        var violations = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (from, to) in TypeReferences.Of(assembly, project))
        {
            if (layers.Find(from.Folder) is not { } user)
            {
                violations.Add($"{from.Name} is in no folder of the table");
                continue;
            }

            if (layers.Find(to.Folder) is not { } used || used.Folder == user.Folder || used.Level < user.Level) continue;
            violations.Add($"{from.Name} ({user.Folder}) uses {to.Name} ({used.Folder})");
        }

        return [.. violations];
    }
}
