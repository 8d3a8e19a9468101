using Cluster.Cli.Executing;
using Cluster.Cli.Output;

namespace Cluster.Cli;

/// <summary>The notation of kill(1) for a signal: kill -9 7, kill -TERM 7.</summary>
internal static class KillWords
{
    /// <summary>Writes such a signal as -s 9. It is the first word after the command, as in kill(1).</summary>
    public static string[] Replace(string[] words)
    {
        var first = ExecWords.NextWord(words, 0) + 1;
        return first < words.Length && words[first - 1] == "kill" && words[first] is ['-', .. var text] && IsSignal(text)
            ? [.. words[..first], "-s", text, .. words[(first + 1)..]]
            : words;
    }

    private static bool IsSignal(string text) => text == "0" || Signals.TryParse(text, out _);
}
