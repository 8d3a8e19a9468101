using Cluster.Conformance.Stories;
using Cluster.Protocol;

namespace Cluster.Conformance.SemaphoreSets;

/// <summary>A story of some processes and one semaphore set.</summary>
/// <param name="Count">Semaphores in the set.</param>
/// <param name="Steps">The operations.</param>
internal sealed record Script(int Count, IReadOnlyList<Step> Steps) : IScript<Script>
{
    /// <summary>Processes in a story.</summary>
    public const int Processes = 7;

    public int Length => Steps.Count;

    public Script Without(int at, int count) =>
        this with { Steps = [.. Steps.Take(at), .. Steps.Skip(at + count)] };

    public override string ToString() => $"a set of {Count}\n{string.Join('\n', Steps)}";

    /// <summary>A random one.</summary>
    public static Script Draw(Random random, int length, bool asRoot)
    {
        var count = random.Next(1, 5);
        var steps = new Step[length];
        for (var at = 0; at < length; at++) steps[at] = DrawStep(random, count, asRoot);
        return new Script(count, steps);
    }

    private static Step DrawStep(Random random, int count, bool asRoot)
    {
        var who = random.Next(Processes);
        switch (random.Next(1_000))
        {
            case < 880:
                int? timeoutMs = random.Next(30) == 0 ? 0 : random.Next(200) == 0 ? 1 : null;
                return new Step.Operate(who, DrawOps(random, count), timeoutMs);
            case < 930:
                return new Step.SetValue(who, Num(random, count), Value(random));
            case < 950:
                return new Step.SetAll(who, [.. Enumerable.Range(0, count).Select(_ => Value(random))]);
            case < 957:
                if (!asRoot) goto default;
                uint[] modes = [0x1B6, 0x1B6, 0x180, 0x190, 0x124, 0x092, 0x1A4];
                return new Step.Set(random.Next(2) == 0 ? 1000u : 2000u, 100, modes[random.Next(modes.Length)]);
            case < 964:
                return new Step.Exit(who);
            default:
                return new Step.Interrupt(who);
        }
    }

    private static (int Num, int Op, int Flags)[] DrawOps(Random random, int count)
    {
        var length = random.Next(10) < 6 ? 1 : random.Next(300) == 0 ? 501 : random.Next(2, 5);
        var onlyZeros = random.Next(8) == 0;
        var ops = new (int Num, int Op, int Flags)[length];
        for (var at = 0; at < length; at++)
        {
            var isZero = onlyZeros || random.Next(6) == 0;
            var op = isZero ? 0 : random.Next(3) == 0 ? random.Next(1, 4) : -random.Next(1, 4);
            if (random.Next(150) == 0) op = random.Next(2) == 0 ? 32_767 : -32_768;
            var flags = random.Next(3) == 0 ? IpcFlags.SEM_UNDO : 0;
            if (random.Next(8) == 0) flags |= IpcFlags.IPC_NOWAIT;
            ops[at] = (Num(random, count), op, flags);
        }

        return ops;
    }

    private static int Num(Random random, int count) => random.Next(80) == 0 ? count : random.Next(count);

    private static int Value(Random random) => random.Next(25) switch
    {
        0 => 32_768,
        1 => 32_767,
        2 => 32_766,
        _ => random.Next(5),
    };
}
