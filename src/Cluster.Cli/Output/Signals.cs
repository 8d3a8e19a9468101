using System.Globalization;

namespace Cluster.Cli.Output;

/// <summary>The names of signals: signal(7), with the numbers of x86-64.</summary>
internal static class Signals
{
    /// <summary>The highest number.</summary>
    public const int Highest = 64;

    private const int FirstRealTime = 32;

    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>The name as strace(1) shows it: SIGUSR1, SIGRT_2; a number that is no signal stays a number.</summary>
    public static string NameOf(int signal) => signal switch
    {
        > 0 and < FirstRealTime => $"SIG{Names[signal]}",
        FirstRealTime => "SIGRTMIN",
        > FirstRealTime and <= Highest => $"SIGRT_{signal - FirstRealTime}",
        _ => signal.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Reads 10, USR1 or SIGUSR1, as kill(1) does.</summary>
    public static bool TryParse(string text, out int signal)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out signal))
            return signal is > 0 and <= Highest;
        var name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        signal = name.Length == 0
            ? -1
            : Array.FindIndex(Names, each => each.Equals(name, StringComparison.OrdinalIgnoreCase));
        return signal > 0;
    }
}
