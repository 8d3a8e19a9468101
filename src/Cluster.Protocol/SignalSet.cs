namespace Cluster.Protocol;

/// <summary>Sets of signals as sigset_t of the kernel: the bit n - 1 is the signal n. sigsetops(3).</summary>
public static class SignalSet
{
    /// <summary>The highest number of a signal: SIGRTMAX.</summary>
    public const int Highest = 64;

    /// <summary>The lowest number of a real-time signal of the kernel.</summary>
    public const int FirstRealTime = 32;

    /// <summary>Those that no process can block, ignore or handle: SIGKILL and SIGSTOP.</summary>
    public const ulong Unstoppable = 1UL << ((int)Signal.SIGKILL - 1) | 1UL << ((int)Signal.SIGSTOP - 1);

    /// <summary>The signals that stop a process by default.</summary>
    public static ulong Stops { get; } = Of(Signal.SIGSTOP, Signal.SIGTSTP, Signal.SIGTTIN, Signal.SIGTTOU);

    /// <summary>The signals that do nothing by default. SIGCONT continues a stopped process in any case.</summary>
    public static ulong IgnoredByDefault { get; } = Of(Signal.SIGCONT, Signal.SIGCHLD, Signal.SIGWINCH, Signal.SIGURG);

    /// <summary>
    /// The signals that are delivered before all others: next_signal() of the kernel, whoever has sent them.
    /// </summary>
    public static ulong First { get; } =
        Of(Signal.SIGSEGV, Signal.SIGBUS, Signal.SIGILL, Signal.SIGTRAP, Signal.SIGFPE, Signal.SIGSYS);

    /// <summary>Whether the number is that of a signal: 1 to 64.</summary>
    public static bool IsSignal(int signal) => signal is > 0 and <= Highest;

    /// <summary>The set of one signal.</summary>
    /// <param name="signal">1 to 64.</param>
    public static ulong Of(int signal) => 1UL << (signal - 1);

    /// <summary>The set of some signals.</summary>
    public static ulong Of(params ReadOnlySpan<Signal> signals)
    {
        var set = 0UL;
        foreach (var signal in signals) set |= Of((int)signal);
        return set;
    }

    /// <summary>Whether a set has a signal.</summary>
    public static bool Has(ulong set, int signal) => (set & Of(signal)) != 0;

    /// <summary>The signal of a set that is delivered first: the lowest one, of those that go first if there are any.</summary>
    /// <returns>Its number; 0: the set is empty.</returns>
    public static int Next(ulong set)
    {
        if (set == 0) return 0;
        var first = set & First;
        return System.Numerics.BitOperations.TrailingZeroCount(first != 0 ? first : set) + 1;
    }

    /// <summary>The signals of a set in ascending order.</summary>
    public static IEnumerable<int> All(ulong set)
    {
        for (var signal = 1; signal <= Highest; signal++)
        {
            if (Has(set, signal)) yield return signal;
        }
    }
}
