using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.PosixSemaphores;

/// <summary>
/// A POSIX semaphore in a bad world: each wait and each post counts once, what was taken with undo comes back with the
/// end of a process, and nothing is left of the semaphore at the end. SIMULATION_SEEDS runs so many seeds (1,000 by
/// default), SIMULATION_SEED one.
/// </summary>
public sealed class PosixSemaphoreSimulationTests(ITestOutputHelper output)
{
    private const long CurseMs = 8_000;
    private const long PeaceMs = 120_000;

    [Fact]
    public void Each_wait_and_post_counts_once_despite_faults()
    {
        var seeds = new Seeds("POSIX semaphore simulation", "SIMULATION_SEEDS", 1_000, output);
        var calls = seeds.All.Sum(seed => (long)Run(seed));
        seeds.Say($"{seeds.Count} seeds, {calls} calls");
        Assert.True(calls > 10 * seeds.Count, "the runs did nothing");
    }

    private static int Run(int seed)
    {
        var world = new World(seed, Faults.None);
        try
        {
            return Play(world, new Random(seed));
        }
        catch (Exception exception)
        {
            var trace = string.Join('\n', world.Clock.Trace);
            throw new SimulationException($"seed {seed}: {exception.Message}\n{exception.StackTrace}\n{trace}");
        }
    }

    private static int Play(World world, Random random)
    {
        var clock = world.Clock;
        Administrator.Prepare(world).Act();
        world.Faults = Faults.Draw(random);
        var programs = Enumerable.Range(0, random.Next(2, 6)).Select(_ => new PosixSemaphoreProgram(world)).ToArray();
        world.Curse();
        for (var deaths = random.Next(3); deaths > 0; deaths--)
        {
            var victim = programs[random.Next(programs.Length)];
            clock.After(random.Next((int)CurseMs), victim.Die);
        }

        clock.RunUntil(clock.NowMs + CurseMs);
        world.Faults = Faults.None;
        foreach (var program in programs) program.Stop();
        Settle(world, programs);
        world.Remember();
        clock.RunUntil(clock.NowMs + 15_000); // the leases of the dead run out

        var judge = new PosixSemaphoreProgram(world, isJudge: true);
        clock.RunUntil(clock.NowMs + PeaceMs, () => judge.IsOpen);
        judge.LookAtValue();
        Settle(world, [judge]);
        var value = judge.Value ?? throw new SimulationException("nobody knows the value");
        var known = PosixSemaphoreProgram.InitialValue
            + programs.Sum(program => program.Plain + (program.IsDead ? 0 : program.Undo));
        // What a blocked caller was given while it was away comes back if its process dies before it has acknowledged that.
        var given = programs.Where(program => program.IsDead).Sum(program => program.Given);
        var least = known - programs.Sum(each => each.Unknown.Waits);
        var most = known + programs.Sum(each => each.Unknown.Posts) + given;
        if (value < least || value > most)
            throw new SimulationException($"the value is {value}, and has to be from {least} to {most}");
        Vanish(world, judge, programs);
        return programs.Sum(program => program.Count);
    }

    // Unlinked, the semaphore goes with the last process, and everything of it from the journal.
    private static void Vanish(World world, PosixSemaphoreProgram judge, PosixSemaphoreProgram[] programs)
    {
        judge.Unlink();
        Settle(world, [judge]);
        foreach (var program in programs.Append(judge)) program.Die();
        for (var turn = 0; turn < 4; turn++)
        {
            world.Clock.RunUntil(world.Clock.NowMs + 15_000);
            world.Remember();
        }

        var left = world.Journal.Names.Where(
            name => name.StartsWith($"{(int)Kind.PosixSemaphore}/", StringComparison.Ordinal)).ToArray();
        if (left.Length > 0) throw new SimulationException($"left in the journal: {string.Join(", ", left)}");
    }

    private static void Settle(World world, PosixSemaphoreProgram[] programs)
    {
        world.Clock.RunUntil(world.Clock.NowMs + PeaceMs, () => !programs.Any(program => program.IsBusy));
        if (programs.Any(program => program.IsBusy)) throw new SimulationException("a call never completed");
    }
}
