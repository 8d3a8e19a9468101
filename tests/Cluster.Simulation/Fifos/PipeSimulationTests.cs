using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.Fifos;

/// <summary>
/// Pipes in a bad world: a pipe is there until its creator has opened it, and nothing is left of it when nobody holds an
/// end any more, also if the creator has died before it opened the pipe. PIPE_SEEDS runs so many seeds (300 by default).
/// </summary>
public sealed class PipeSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Pipes_end_with_those_who_hold_them_despite_faults()
    {
        var seeds = new Seeds("pipe simulation", "PIPE_SEEDS", 300, output);
        var (calls, pipes) = (0L, 0L);
        foreach (var seed in seeds.All)
        {
            var (made, opened) = ProgramRun.Seed(seed, Play);
            (calls, pipes) = (calls + made, pipes + opened);
        }

        seeds.Say($"{seeds.Count} seeds, {calls} calls, {pipes} pipes");
        Assert.True(calls > 10 * seeds.Count && pipes > 2 * seeds.Count, "the runs did nothing");
    }

    private static (int Calls, int Pipes) Play(World world, Random random)
    {
        Administrator.Prepare(world).Act();
        world.Faults = Faults.Draw(random);
        var programs = new List<PipeProgram>();
        for (var number = random.Next(2, 5); number > 0; number--) _ = new PipeProgram(world, programs);
        world.Curse();
        ProgramRun.KillSome(world, random, programs);
        ProgramRun.Outlast(world, programs);
        ProgramRun.Vanish(world, programs, Kind.Fifo);
        var directories = world.Journal.Names.Select(EntityIds.Parse)
            .Where(key => key.Kind == Kind.Directory && key.Id == (long)Kind.Fifo);
        var listed = directories.Sum(key => world.Find(key).Machine.TakeSnapshot().Directory.Entries.Count);
        if (listed > 0) throw new SimulationException($"the directory has {listed} pipes that nobody holds");
        return (programs.Sum(program => program.Count), programs.Sum(program => program.Made));
    }
}
