using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.SharedMemory;

/// <summary>
/// Shared memory in a bad world: words stay linearizable, attachments are counted right whatever breaks, and nothing is
/// left of a segment at the end. SIMULATION_SEEDS runs so many fresh seeds (1,000 by default), SIMULATION_SEED one.
/// </summary>
public sealed class SharedMemorySimulationTests(ITestOutputHelper output)
{
    private const long CurseMs = 8_000;
    private const long PeaceMs = 120_000;

    [Fact]
    public void Words_are_linearizable_and_attachments_counted_despite_faults()
    {
        var seeds = new Seeds("shared memory simulation", "SIMULATION_SEEDS", 1_000, output);
        var calls = seeds.All.Sum(seed => (long)Run(seed));
        seeds.Say($"{seeds.Count} seeds, {calls} calls");
        Assert.True(calls > 10 * seeds.Count, "the runs did nothing");
    }

    private static int Run(int seed)
    {
        var random = new Random(seed);
        var world = new World(seed, Faults.None);
        try
        {
            return Play(world, random);
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
        WordHistory[] words = [.. Enumerable.Range(0, SharedMemoryProgram.Words).Select(_ => new WordHistory())];
        var programs = Enumerable.Range(0, random.Next(2, 6))
            .Select(_ => new SharedMemoryProgram(world, words)).ToArray();
        world.Curse();
        if (random.Next(2) == 0) clock.After(random.Next((int)CurseMs), programs[0].Die);
        clock.RunUntil(clock.NowMs + CurseMs);

        world.Faults = Faults.None;
        foreach (var program in programs) program.Stop();
        Settle(world, programs);
        world.Remember();
        clock.RunUntil(clock.NowMs + 15_000); // the leases of the dead run out

        var judge = new SharedMemoryProgram(world, words);
        clock.RunUntil(clock.NowMs + PeaceMs, () => judge.Segment is not null);
        judge.Stop();
        Settle(world, [judge]);
        judge.Stat();
        Settle(world, [judge]);
        var attached = programs.Append(judge).Where(program => !program.IsDead).Sum(program => program.AttachmentCount);
        if ((int)judge.LastStat!.Nattch != attached)
            throw new SimulationException($"nattch is {judge.LastStat.Nattch}, and {attached} are attached");
        judge.Attach();
        Settle(world, [judge]);
        judge.LoadAll();
        Settle(world, [judge]);
        for (var word = 0; word < words.Length; word++) words[word].Check(judge.Loaded[word]!.Value);
        Vanish(world, judge, programs);
        return programs.Sum(program => program.Count);
    }

    // Removed while attached, the segment goes with the last process, and everything of it from the journal.
    private static void Vanish(World world, SharedMemoryProgram judge, SharedMemoryProgram[] programs)
    {
        judge.Remove();
        Settle(world, [judge]);
        foreach (var program in programs.Append(judge)) program.Die();
        for (var turn = 0; turn < 4; turn++)
        {
            world.Clock.RunUntil(world.Clock.NowMs + 15_000);
            world.Remember();
        }

        var left = world.Journal.Names.Where(name =>
            name.StartsWith($"{(int)Kind.SharedMemory}/", StringComparison.Ordinal)
            || name.StartsWith($"{(int)Kind.Extent}/", StringComparison.Ordinal)).ToArray();
        if (left.Length > 0) throw new SimulationException($"left in the journal: {string.Join(", ", left)}");
    }

    private static void Settle(World world, SharedMemoryProgram[] programs)
    {
        world.Clock.RunUntil(world.Clock.NowMs + PeaceMs, () => !programs.Any(program => program.IsBusy));
        if (programs.Any(program => program.IsBusy)) throw new SimulationException("a call never completed");
    }
}
