namespace Cluster.Cli.Executing;

/// <summary>The command line of ipc exec: what comes after the program belongs to the program.</summary>
internal static class ExecWords
{
    private static readonly string[] Flags =
        ["--trace", "--stats", "--volatile", "--keep-namespace", "--json", "--help", "-h", "-?"];

    /// <summary>Puts -- before the program, so that its options are not taken for those of this tool.</summary>
    public static string[] Separate(string[] words)
    {
        var command = NextWord(words, 0);
        if (command == words.Length || words[command] != "exec")
            return words;
        var program = NextWord(words, command + 1);
        return program == words.Length || words[program] == "--"
            ? words
            : [.. words[..program], "--", .. words[program..]];
    }

    /// <summary>The index of the next word that is no option and no value of one.</summary>
    internal static int NextWord(string[] words, int from)
    {
        while (from < words.Length && words[from].StartsWith('-') && words[from] != "--")
            from += Flags.Contains(words[from]) || words[from].Contains('=') ? 1 : 2;
        return Math.Min(from, words.Length);
    }
}
