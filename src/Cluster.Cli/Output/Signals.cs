using System.Globalization;

namespace Cluster.Cli.Output;

/// <summary>The names of signals: signal(7), with the numbers of x86-64.</summary>
internal static class Signals
{
    private const int RtMin = (int)Signal.SIGRTMIN; // of the C library, which is that of kill(1)
    private const int RtMax = (int)Signal.SIGRTMAX;

    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>All signals that have a name for kill(1), with that name: USR1, RTMIN+1, RTMAX-1.</summary>
    public static IEnumerable<(int Number, string Name)> All =>
        Enumerable.Range(1, SignalSet.FirstRealTime - 1).Select(each => (each, Names[each]))
            .Concat(Enumerable.Range(RtMin, RtMax - RtMin + 1).Select(each => (each, RealTime(each))));

    private static string RealTime(int signal) => signal switch
    {
        RtMin => "RTMIN",
        RtMax => "RTMAX",
        < (RtMin + RtMax + 1) / 2 => string.Create(CultureInfo.InvariantCulture, $"RTMIN+{signal - RtMin}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"RTMAX-{RtMax - signal}"),
    };

    /// <summary>The name as strace(1) shows it: SIGUSR1, SIGRT_2; a number that is no signal stays a number.</summary>
    public static string NameOf(int signal) => signal switch
    {
        > 0 and < SignalSet.FirstRealTime => $"SIG{Names[signal]}",
        SignalSet.FirstRealTime => "SIGRTMIN",
        > SignalSet.FirstRealTime and <= SignalSet.Highest => $"SIGRT_{signal - SignalSet.FirstRealTime}",
        _ => signal.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Reads 10, USR1, SIGUSR1, RTMIN+1 or RTMAX-1, as kill(1) does.</summary>
    public static bool TryParse(string text, out int signal)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out signal))
            return signal is > 0 and <= SignalSet.Highest;
        var name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        signal = name.Length == 0
            ? -1
            : Array.FindIndex(Names, each => each.Equals(name, StringComparison.OrdinalIgnoreCase));
        return signal > 0 || TryRealTime(name, out signal);
    }

    private static bool TryRealTime(string name, out int signal)
    {
        var (start, sign) = name.StartsWith("RTMAX", StringComparison.OrdinalIgnoreCase) ? (RtMax, '-') : (RtMin, '+');
        signal = start;
        if (!name.StartsWith("RTM", StringComparison.OrdinalIgnoreCase) || name.Length < 5
            || (start == RtMin && !name.StartsWith("RTMIN", StringComparison.OrdinalIgnoreCase)))
            return false;
        if (name.Length == 5) return true;
        if (name[5] != sign || !int.TryParse(name.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var more))
            return false;
        signal = sign == '+' ? start + more : start - more;
        return more <= RtMax - RtMin;
    }
}
