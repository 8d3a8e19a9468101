using Cluster.Cli.Failures;

namespace Cluster.Cli.Namespaces;

/// <summary>A file of sysctl.conf(5): a setting a line, comments after # and ;.</summary>
internal static class SettingsFile
{
    /// <summary>The file that sysctl(8) takes if none is named.</summary>
    public const string Default = "/etc/sysctl.conf";

    /// <summary>The largest file. sysctl.conf(5) has some KiB.</summary>
    private const int LongestBytes = 1024 * 1024;

    /// <summary>The settings of a file, each with its line number. "-": standard input.</summary>
    /// <exception cref="FailedException">The file cannot be read.</exception>
    public static async Task<IReadOnlyList<(int Number, string Text)>> ReadAsync(
        string path, CancellationToken cancelled)
    {
        try
        {
            await using var stream = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
            using var reader = new StreamReader(stream);
            var text = new char[LongestBytes];
            var count = await reader.ReadBlockAsync(text.AsMemory(), cancelled);
            if (count == LongestBytes) throw new FailedException($"sysctl: {path}: more than {LongestBytes} bytes");
            return
            [
                .. new string(text, 0, count).Split('\n').Select((line, i) => (i + 1, line.Trim()))
                    .Where(line => line.Item2.Length > 0 && line.Item2[0] is not ('#' or ';')),
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FailedException($"sysctl: cannot read {path}: {exception.Message}");
        }
    }
}
