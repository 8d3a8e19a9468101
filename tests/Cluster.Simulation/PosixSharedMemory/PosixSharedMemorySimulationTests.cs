using Cluster.Core.Objects.PosixSharedMemory;
using Cluster.Protocol;
using Cluster.Simulation.SharedMemory;
using Xunit.Abstractions;

namespace Cluster.Simulation.PosixSharedMemory;

/// <summary>
/// POSIX shared memory in a bad world: counters stay linearizable while the size changes, what was cut off is never seen
/// again, mappings are counted right whatever breaks, and nothing is left of an object at the end. SIMULATION_SEEDS runs so
/// many fresh seeds (1,000 by default), SIMULATION_SEED one.
/// </summary>
public sealed class PosixSharedMemorySimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void What_was_cut_off_is_never_seen_again_despite_faults()
    {
        var seeds = new Seeds("POSIX shared memory simulation", "SIMULATION_SEEDS", 1_000, output);
        var (calls, cuts) = (0L, 0L);
        foreach (var seed in seeds.All)
        {
            var run = ProgramRun.Seed(seed, Play);
            calls += run.Calls;
            cuts += run.Cuts;
        }

        seeds.Say($"{seeds.Count} seeds, {calls} calls, {cuts} words found cut off");
        Assert.True(calls > 10 * seeds.Count, "the runs did nothing");
        Assert.True(cuts > seeds.Count || seeds.Count < 100, "nothing was cut off");
    }

    private static (int Calls, int Cuts) Play(World world, Random random)
    {
        Administrator.Prepare(world).Act();
        world.Faults = Faults.Draw(random);
        WordHistory[] counters =
            [.. Enumerable.Range(0, PosixSharedMemoryProgram.CounterCount).Select(_ => new WordHistory())];
        var history = new SizeHistory();
        var programs = Enumerable.Range(0, random.Next(2, 6))
            .Select(_ => new PosixSharedMemoryProgram(world, counters, history)).ToArray();
        world.Curse();
        ProgramRun.KillSome(world, random, programs);
        ProgramRun.Outlast(world, programs);

        var judge = new PosixSharedMemoryProgram(world, counters, history);
        ProgramRun.Await(world, () => judge.IsReady);
        judge.Stop();
        ProgramRun.Settle(world, judge);
        CheckMappings(world, [.. programs, judge]);
        CheckMemory(world, judge, counters, history);
        Vanish(world, judge, [.. programs, judge]);
        return (programs.Sum(program => program.Count), history.Cuts);
    }

    private static void CheckMappings(World world, PosixSharedMemoryProgram[] programs)
    {
        var expected = programs.Where(program => !program.IsDead).Sum(program => program.MappingCount);
        foreach (var name in ProgramRun.Left(world, Kind.PosixSharedMemory))
        {
            var real = ((SharedMemoryObject)world.Find(EntityIds.Parse(name)).Machine).MappingCount;
            if (real != expected) throw new SimulationException($"{real} mappings, and {expected} are known");
        }
    }

    private static void CheckMemory(
        World world, PosixSharedMemoryProgram judge, WordHistory[] counters, SizeHistory history)
    {
        judge.Truncate(PosixSharedMemoryProgram.Most, grows: true);
        ProgramRun.Settle(world, judge);
        var fromMs = world.Clock.NowMs;
        judge.LoadAll();
        judge.ReadAll();
        ProgramRun.Settle(world, judge);
        var offsets = judge.Loaded.Keys.Order().ToArray();
        for (var counter = 0; counter < counters.Length; counter++) counters[counter].Check(judge.Loaded[offsets[counter]]);
        foreach (var offset in PosixSharedMemoryProgram.AllWords)
            history.Saw(fromMs, world.Clock.NowMs, offset, judge.Loaded[offset]);
        history.Check();
        foreach (var offset in offsets)
        {
            if (BitConverter.ToUInt64(judge.Read, offset) != judge.Loaded[offset])
                throw new SimulationException($"a load and a read at {offset} differ");
            judge.Read.AsSpan(offset, sizeof(ulong)).Clear();
        }

        if (judge.Read.AsSpan().ContainsAnyExcept((byte)0)) throw new SimulationException("a byte that nobody has written");

        judge.Truncate(PosixSharedMemoryProgram.Least, grows: false);
        ProgramRun.Settle(world, judge);
        judge.Truncate(PosixSharedMemoryProgram.Most, grows: false);
        ProgramRun.Settle(world, judge);
        judge.LoadAll();
        ProgramRun.Settle(world, judge);
        if (PosixSharedMemoryProgram.AllWords.Any(offset => judge.Loaded[offset] != 0))
            throw new SimulationException("a word that was cut off is there again");
    }

    // Unlinked, the object goes with the last description and mapping, and everything of it from the journal.
    private static void Vanish(World world, PosixSharedMemoryProgram judge, PosixSharedMemoryProgram[] programs)
    {
        judge.Unlink();
        ProgramRun.Settle(world, judge);
        if (world.Clock.Random.Next(2) == 0)
        {
            judge.Close();
            ProgramRun.Settle(world, judge);
        }
        else
        {
            judge.Truncate(PosixSharedMemoryProgram.Least, grows: false);
            world.Clock.RunUntil(world.Clock.NowMs + world.Clock.Random.Next(30)); // nobody waits for its end then
        }

        world.Faults = Faults.None with { Loss = world.Clock.Random.Next(2) * 0.3 };

        foreach (var program in programs) program.Die();
        Harass(world, crashes: world.Clock.Random.Next(6));
        for (var turn = 0; turn < 4; turn++)
        {
            ProgramRun.PassLeases(world);
            if (turn != 2) continue;
            world.Faults = Faults.None;
            CallDirectory(world);
        }

        ProgramRun.CheckNothingLeft(world, Kind.PosixSharedMemory, Kind.PosixExtent);
    }

    // A directory that leaves memory before the object has forgotten itself asks again when it is next called.
    private static void CallDirectory(World world)
    {
        foreach (var key in world.EverBorn(Kind.Directory).Where(key => key.Id == (long)Kind.PosixSharedMemory).ToArray())
            world.Find(key);
    }

    // The object dies when it has asked others, who may have heard it or not, and nobody calls it.
    private static void Harass(World world, int crashes) => world.Clock.After(1, () =>
    {
        if (crashes == 0) return;
        var asking = world.Machines.OfType<SharedMemoryObject>().FirstOrDefault(each => each.Outbox.HasAny);
        if (asking is not null && world.Clock.Random.Next(8) == 0)
        {
            world.Kill(asking.Key);
            crashes--;
        }

        Harass(world, crashes);
    });
}
