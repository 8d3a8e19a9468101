using Cluster.Conformance.Stories;

namespace Cluster.Conformance.Futexes;

/// <summary>An operation of a script. Any part of a script is a script: impossible operations are left out.</summary>
/// <param name="Who">The process.</param>
internal abstract record Step(int Who)
{
    /// <summary>A plain store.</summary>
    public sealed record Store(int Who, int Word, uint Value) : Step(Who);

    /// <summary>FUTEX_WAIT, or FUTEX_WAIT_BITSET.</summary>
    public sealed record Wait(int Who, int Word, uint Expected, uint? Bitset, bool IsPast) : Step(Who);

    /// <summary>FUTEX_WAKE, or FUTEX_WAKE_BITSET.</summary>
    public sealed record Wake(int Who, int Word, int Count, uint? Bitset) : Step(Who);

    /// <summary>FUTEX_REQUEUE or FUTEX_CMP_REQUEUE to a word at which nobody waits.</summary>
    public sealed record Requeue(int Who, int Word, int To, int Wakes, int Moves, uint? Expected) : Step(Who);

    /// <summary>FUTEX_WAKE_OP.</summary>
    public sealed record WakeOp(int Who, int Word, int To, int Wakes, int WakesTo, int Op, int Operand, int Cmp, int Arg)
        : Step(Who);

    /// <summary>FUTEX_LOCK_PI or FUTEX_TRYLOCK_PI.</summary>
    public sealed record Lock(int Who, int Word, bool Tries, bool IsPast) : Step(Who);

    /// <summary>FUTEX_UNLOCK_PI.</summary>
    public sealed record Unlock(int Who, int Word) : Step(Who);

    /// <summary>A process ends, killed if it is blocked, and another takes its place.</summary>
    public sealed record Exit(int Who) : Step(Who);
}

/// <summary>A story of some processes and some words.</summary>
/// <param name="Steps">The operations.</param>
internal sealed record Script(IReadOnlyList<Step> Steps) : IScript<Script>
{
    /// <summary>Processes in a story.</summary>
    public const int Processes = 6;

    /// <summary>Where callers wait.</summary>
    public static readonly int[] Words = [0, 64];

    /// <summary>Where callers wait after a requeue only.</summary>
    public static readonly int[] Targets = [128, 192];

    /// <summary>The locks.</summary>
    public static readonly int[] Locks = [256, 320, 384];

    public int Length => Steps.Count;

    public Script Without(int at, int count) => new([.. Steps.Take(at), .. Steps.Skip(at + count)]);

    public override string ToString() => string.Join('\n', Steps);

    /// <summary>A random one.</summary>
    public static Script Draw(Random random, int length) =>
        new([.. Enumerable.Range(0, length).Select(_ => DrawStep(random, random.Next(Processes)))]);

    private static Step DrawStep(Random random, int who) => random.Next(1_000) switch
    {
        < 50 => new Step.Store(who, Pick(random, Words), (uint)random.Next(2)),
        < 300 => new Step.Wait(who, Any(random), (uint)random.Next(2), Bitset(random), random.Next(8) == 0),
        < 450 => new Step.Wake(who, random.Next(8) == 0 ? Pick(random, Locks) : Any(random), Count(random), Bitset(random)),
        < 520 => new Step.Requeue(
            who, Pick(random, Words), Pick(random, Targets), random.Next(3), random.Next(4),
            random.Next(2) == 0 ? null : (uint)random.Next(2)),
        < 560 => new Step.WakeOp(
            who, Pick(random, Words), Pick(random, Targets), Count(random), Count(random), random.Next(5), random.Next(2),
            random.Next(6), random.Next(2)),
        < 760 => new Step.Lock(who, Pick(random, Locks), random.Next(4) == 0, random.Next(10) == 0),
        < 970 => new Step.Unlock(who, Pick(random, Locks)),
        _ => new Step.Exit(who),
    };

    private static int Any(Random random) => random.Next(4) == 0 ? Pick(random, Targets) : Pick(random, Words);

    private static int Count(Random random) => random.Next(4) == 0 ? int.MaxValue : random.Next(1, 4);

    private static uint? Bitset(Random random) => random.Next(6) switch { 0 => 0, 1 => 1, 2 => 2, 3 => 3, _ => null };

    private static T Pick<T>(Random random, T[] of) => of[random.Next(of.Length)];
}
