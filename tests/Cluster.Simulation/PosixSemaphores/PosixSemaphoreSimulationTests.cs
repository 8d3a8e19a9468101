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
    [Fact]
    public void Each_wait_and_post_counts_once_despite_faults()
    {
        var seeds = new Seeds("POSIX semaphore simulation", "SIMULATION_SEEDS", 1_000, output);
        var calls = seeds.All.Sum(seed => (long)ProgramRun.Seed(seed, Play));
        seeds.Say($"{seeds.Count} seeds, {calls} calls");
        Assert.True(calls > 10 * seeds.Count, "the runs did nothing");
    }

    private static int Play(World world, Random random)
    {
        Administrator.Prepare(world).Act();
        world.Faults = Faults.Draw(random);
        var programs = Enumerable.Range(0, random.Next(2, 6)).Select(_ => new PosixSemaphoreProgram(world)).ToArray();
        world.Curse();
        ProgramRun.KillSome(world, random, programs);
        ProgramRun.Outlast(world, programs);

        var judge = new PosixSemaphoreProgram(world, isJudge: true);
        ProgramRun.Await(world, () => judge.IsOpen);
        judge.LookAtValue();
        ProgramRun.Settle(world, judge);
        var value = judge.Value ?? throw new SimulationException("nobody knows the value");
        var known = PosixSemaphoreProgram.InitialValue
            + programs.Sum(program => program.Plain + (program.IsDead ? 0 : program.Undo));
        // What a blocked caller was given while it was away comes back if its process dies before it has acknowledged that.
        var given = programs.Where(program => program.IsDead).Sum(program => program.Given);
        var least = known - programs.Sum(each => each.Unknown.Waits);
        var most = known + programs.Sum(each => each.Unknown.Posts) + given;
        if (value < least || value > most)
            throw new SimulationException($"the value is {value}, and has to be from {least} to {most}");
        judge.Unlink();
        ProgramRun.Settle(world, judge);
        ProgramRun.Vanish(world, [.. programs, judge], Kind.PosixSemaphore);
        return programs.Sum(program => program.Count);
    }
}
