using Cluster.Protocol;

namespace Cluster.Core.Tests.Replay;

/// <summary>Random calls about signals, some of them wrong. Few numbers, so that they meet.</summary>
internal static class SignalCalls
{
    private static readonly Signal[] Common =
    [
        Signal.SIGUSR1, Signal.SIGUSR2, Signal.SIGCHLD, Signal.SIGSEGV, Signal.SIGCONT, Signal.SIGTSTP, Signal.SIGRTMIN,
        Signal.SIGRTMIN + 1, Signal.SIGRTMAX,
    ];

    public static Call Next(Random random)
    {
        var call = new Call { Signal = NextSignal(random) };
        if (random.Next(3) == 0) call.TimeoutMs = random.Next(3) * 1_000;
        if (random.Next(20) == 0) return new Call { ProcessAwait = new ProcessAwait() };
        if (random.Next(20) == 0) return new Call { ProcessStat = new ProcessStat { Waits = true } };
        return call;
    }

    // A signal that would end the process is rare.
    private static SignalCall NextSignal(Random random) => random.Next(16) switch
    {
        < 5 => new SignalCall
        {
            Send = new SignalSend { Signal = Number(random), Code = -random.Next(2), Value = random.Next(100) },
        },
        < 8 => new SignalCall
        {
            Action = new SignalAction { Signal = Number(random), Disposition = random.Next(8) == 0 ? 0 : random.Next(1, 3) },
        },
        < 10 => new SignalCall { Mask = new SignalMask { How = random.Next(3), Set = Set(random) } },
        < 12 => new SignalCall { Wait = new SignalWait { Set = Set(random) } },
        < 14 => new SignalCall { Take = new SignalTake() },
        14 => new SignalCall { Limit = new SignalLimit { Limit = random.Next(-1, 8) } },
        _ => new SignalCall { Pending = new SignalPending() },
    };

    private static int Number(Random random) => random.Next(60) switch
    {
        0 => random.Next(-1, 70),
        1 => (int)Signal.SIGSTOP,
        _ => (int)Common[random.Next(Common.Length)],
    };

    private static ulong Set(Random random)
    {
        var set = 0UL;
        foreach (var signal in Common) set |= random.Next(2) == 0 ? SignalSet.Of((int)signal) : 0;
        return set;
    }
}
