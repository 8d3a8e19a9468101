using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.SharedMemory;

/// <summary>
/// Shared memory in a bad world: words stay linearizable, attachments are counted right whatever breaks, and nothing is
/// left of a segment at the end. SIMULATION_SEEDS runs so many fresh seeds (1,000 by default), SIMULATION_SEED one.
/// </summary>
public sealed class SharedMemorySimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Words_are_linearizable_and_attachments_counted_despite_faults()
    {
        var seeds = new Seeds("shared memory simulation", "SIMULATION_SEEDS", 1_000, output);
        var calls = seeds.All.Sum(seed => (long)ProgramRun.Seed(seed, Play));
        seeds.Say($"{seeds.Count} seeds, {calls} calls");
        Assert.True(calls > 10 * seeds.Count, "the runs did nothing");
    }

    private static int Play(World world, Random random)
    {
        Administrator.Prepare(world).Act();
        world.Faults = Faults.Draw(random);
        WordHistory[] words = [.. Enumerable.Range(0, SharedMemoryProgram.Words).Select(_ => new WordHistory())];
        var programs = Enumerable.Range(0, random.Next(2, 6))
            .Select(_ => new SharedMemoryProgram(world, words)).ToArray();
        world.Curse();
        if (random.Next(2) == 0) world.Clock.After(random.Next((int)ProgramRun.CurseMs), programs[0].Die);
        ProgramRun.Outlast(world, programs);

        var judge = new SharedMemoryProgram(world, words);
        ProgramRun.Await(world, () => judge.Segment is not null);
        judge.Stop();
        ProgramRun.Settle(world, judge);
        judge.Stat();
        ProgramRun.Settle(world, judge);
        var attached = programs.Append(judge).Where(program => !program.IsDead).Sum(program => program.AttachmentCount);
        if ((int)judge.LastStat!.Nattch != attached)
            throw new SimulationException($"nattch is {judge.LastStat.Nattch}, and {attached} are attached");
        judge.Attach();
        ProgramRun.Settle(world, judge);
        judge.LoadAll();
        ProgramRun.Settle(world, judge);
        for (var word = 0; word < words.Length; word++) words[word].Check(judge.Loaded[word]!.Value);
        judge.Remove(); // while it is attached
        ProgramRun.Settle(world, judge);
        ProgramRun.Vanish(world, [.. programs, judge], Kind.SharedMemory, Kind.Extent);
        return programs.Sum(program => program.Count);
    }
}
