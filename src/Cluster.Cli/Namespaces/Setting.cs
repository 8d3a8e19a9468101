using Cluster.Cli.Kinds;

namespace Cluster.Cli.Namespaces;

/// <summary>One word of the command line of sysctl(8), or one line of its file: a name, and perhaps a value.</summary>
/// <param name="File">The file of /proc/sys.</param>
/// <param name="Values">The numbers to write; null: none, the word is a name alone.</param>
internal readonly record struct Setting(KernelFile File, long[]? Values)
{
    /// <summary>The names that there are, for messages.</summary>
    public static string Known { get; } = string.Join(", ", KernelLimits.Files.Select(file => file.Name));

    /// <summary>Parses NAME or NAME=VALUE. The error is about the name or about the value.</summary>
    public static bool TryParse(string word, out Setting setting, out string? error, out bool isUnknown)
    {
        (setting, error, isUnknown) = (default, null, false);
        var parts = word.Split('=', 2, StringSplitOptions.TrimEntries);
        var found = KernelLimits.Find(parts[0].Replace('/', '.')); // sysctl(8) takes both
        long[]? values = null;
        isUnknown = found is null;
        if (found is not { } file)
            error = $"'{parts[0]}' is not one of {Known}";
        else if (parts.Length > 1 && !file.TryParse(parts[1], out values))
            error = $"{file.Name}: '{parts[1]}' is not {file.Expected}";
        else
            setting = new Setting(file, values);
        return error is null;
    }
}
