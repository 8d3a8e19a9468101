using Cluster.Conformance.Stories;
using Cluster.Protocol;

namespace Cluster.Conformance.Signals;

/// <summary>A story of signals that are sent to one process. Few numbers, so that they meet.</summary>
internal sealed record Script(IReadOnlyList<Step> Steps) : IScript<Script>
{
    private static readonly int[] Common =
    [
        (int)Signal.SIGUSR1, (int)Signal.SIGTERM, (int)Signal.SIGCHLD, (int)Signal.SIGURG, (int)Signal.SIGSEGV,
        (int)Signal.SIGCONT, (int)Signal.SIGTSTP, (int)Signal.SIGTTIN, 32, 34, 35, 64,
    ];

    public int Length => Steps.Count;

    public Script Without(int at, int count) => new([.. Steps.Take(at), .. Steps.Skip(at + count)]);

    public override string ToString() => string.Join("\n", Steps);

    public static Script Draw(Random random, int steps) =>
        new([.. Enumerable.Range(0, steps).Select(_ => Draw(random))]);

    private static Step Draw(Random random) => random.Next(100) switch
    {
        < 25 => new Step(Deed.Kill, Number(random)),
        < 50 => new Step(Deed.Queue, Number(random), random.Next(-1_000, 1_000)),
        < 65 => new Step(Deed.Mask, 0, How(random), Set(random)),
        < 75 => new Step(Deed.Pending),
        < 92 => new Step(Deed.Wait, 0, 0, Set(random)),
        _ => new Step(Deed.Act, Number(random), random.Next(2)),
    };

    // What unblocks is rare, because it ends the process in most cases.
    private static int How(Random random) => random.Next(20) switch
    {
        0 => random.Next(-1, 5),
        < 4 => 1,
        < 10 => 2,
        _ => 0,
    };

    private static int Number(Random random) => random.Next(40) switch
    {
        0 => random.Next(-1, 67),
        1 => (int)Signal.SIGSTOP,
        _ => Common[random.Next(Common.Length)],
    };

    // Most signals are in most sets: otherwise a story ends soon.
    private static ulong Set(Random random)
    {
        if (random.Next(10) == 0) return (ulong)random.NextInt64(long.MinValue, long.MaxValue);
        var set = 0UL;
        foreach (var signal in Common)
        {
            if (random.Next(8) != 0) set |= SignalSet.Of(signal);
        }

        return set;
    }
}
