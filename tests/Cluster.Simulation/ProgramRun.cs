using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>
/// What runs of programs on one kind of object have in common: faults for a while, then peace, and at the end nothing
/// is left of the objects.
/// </summary>
internal static class ProgramRun
{
    public const long CurseMs = 8_000;

    private const long PeaceMs = 120_000;
    private const long LeaseMs = 15_000; // longer than the leases of the dead

    /// <summary>Plays one seed.</summary>
    /// <exception cref="SimulationException">A promise was broken; the trace is in the message.</exception>
    public static T Seed<T>(int seed, Func<World, Random, T> play)
    {
        var world = new World(seed, Faults.None);
        try
        {
            return play(world, new Random(seed));
        }
        catch (Exception exception)
        {
            var trace = string.Join('\n', world.Clock.Trace);
            throw new SimulationException($"seed {seed}: {exception.Message}\n{exception.StackTrace}\n{trace}");
        }
    }

    /// <summary>Has up to two programs die while the faults last.</summary>
    public static void KillSome(World world, Random random, IReadOnlyList<SimulatedProgram> programs)
    {
        for (var deaths = random.Next(3); deaths > 0; deaths--)
        {
            var victim = programs[random.Next(programs.Count)];
            world.Clock.After(random.Next((int)CurseMs), victim.Die);
        }
    }

    /// <summary>Until the faults are over, all programs have stopped, and the leases of the dead have run out.</summary>
    public static void Outlast(World world, IReadOnlyList<SimulatedProgram> programs)
    {
        world.Clock.RunUntil(world.Clock.NowMs + CurseMs);
        world.Faults = Faults.None;
        foreach (var program in programs) program.Stop();
        Settle(world, programs);
        world.Remember();
        world.Clock.RunUntil(world.Clock.NowMs + LeaseMs);
    }

    /// <summary>Waits for something that has to come.</summary>
    public static void Await(World world, Func<bool> isThere) =>
        world.Clock.RunUntil(world.Clock.NowMs + PeaceMs, isThere);

    /// <summary>Waits until no program has a call under way.</summary>
    public static void Settle(World world, params IReadOnlyList<SimulatedProgram> programs)
    {
        Await(world, () => !programs.Any(program => program.IsBusy));
        if (programs.FirstOrDefault(program => program.IsBusy) is { } busy)
            throw new SimulationException($"a call never completed: {busy.Waiting}");
    }

    /// <summary>
    /// All programs die. Objects that were unlinked before go with them, and everything of them from the journal.
    /// </summary>
    public static void Vanish(World world, IEnumerable<SimulatedProgram> programs, params Kind[] kinds)
    {
        foreach (var program in programs) program.Die();
        for (var turn = 0; turn < 4; turn++) PassLeases(world);
        CheckNothingLeft(world, kinds);
    }

    /// <summary>The leases of the dead run out, with nobody asking.</summary>
    public static void PassLeases(World world)
    {
        world.Clock.RunUntil(world.Clock.NowMs + LeaseMs);
        world.Remember();
    }

    /// <summary>Nothing of these kinds is in the journal.</summary>
    public static void CheckNothingLeft(World world, params Kind[] kinds)
    {
        var left = kinds.SelectMany(kind => Left(world, kind)).ToArray();
        if (left.Length == 0) return;
        var states = left.Select(name => world.Find(EntityIds.Parse(name)).Machine.TakeSnapshot().ToString());
        throw new SimulationException($"left in the journal: {string.Join(", ", left)}; {string.Join('\n', states)}");
    }

    /// <summary>The names in the journal of the objects of a kind.</summary>
    public static string[] Left(World world, Kind kind) =>
        [.. world.Journal.Names.Where(name => name.StartsWith($"{(int)kind}/", StringComparison.Ordinal))];
}
