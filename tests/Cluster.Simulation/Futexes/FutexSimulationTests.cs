using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.Futexes;

/// <summary>
/// Futexes and robust mutexes in a bad world: one holder at a time with tokens that grow, a death is told to the next holder
/// and to nobody else, and no wake-up is lost or doubled. SIMULATION_SEEDS runs so many seeds (300 by default),
/// SIMULATION_SEED one.
/// </summary>
public sealed class FutexSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Locks_exclude_and_wake_ups_count_once_despite_faults()
    {
        var seeds = new Seeds("futex simulation", "SIMULATION_SEEDS", 300, output);
        var runs = seeds.All.Select(seed => ProgramRun.Seed(seed, Play)).ToArray();
        seeds.Say($"{seeds.Count} seeds, {runs.Sum(run => run.Calls)} calls, {runs.Sum(run => run.Holds)} times locked, "
            + $"{runs.Sum(run => run.Deaths)} deaths told, {runs.Sum(run => run.Woken)} woken");
        Assert.True(runs.Sum(run => run.Calls) > 10 * seeds.Count, "the runs did nothing");
        if (seeds.Count < 100) return;
        Assert.True(runs.Sum(run => run.Deaths) > 0, "no holder died");
        Assert.True(runs.Sum(run => run.Woken) > seeds.Count, "nobody was woken");
    }

    private static (int Calls, int Holds, int Deaths, int Woken) Play(World world, Random random)
    {
        Administrator.Prepare(world).Act();
        world.Faults = Faults.Draw(random);
        var history = new LockHistory();
        var programs = Enumerable.Range(0, random.Next(2, 6)).Select(_ => new FutexProgram(world, history)).ToArray();
        world.Curse();
        ProgramRun.KillSome(world, random, programs);
        ProgramRun.Outlast(world, programs);
        foreach (var program in programs) program.Unlock();
        ProgramRun.Settle(world, programs);

        var judge = new FutexProgram(world, history, isJudge: true);
        ProgramRun.Await(world, () => judge.IsAttached);
        judge.Lock();
        ProgramRun.Await(world, () => judge.Holds);
        if (!judge.Holds) throw new SimulationException("nobody has the mutex, and it is not free");
        ProgramRun.Settle(world, judge);
        judge.WakeAll();
        judge.Unlock();
        ProgramRun.Settle(world, judge);
        if (judge.Given != 0) throw new SimulationException($"{judge.Given} callers wait that have no call");
        history.Check(programs.Any(program => program.LostLock));
        Count(programs);
        judge.Remove(); // while it is attached
        ProgramRun.Settle(world, judge);
        ProgramRun.Vanish(world, [.. programs, judge], Kind.SharedMemory, Kind.Extent);
        return (programs.Sum(program => program.Count), history.Count, history.Deaths, programs.Sum(each => each.Woken));
    }

    private static void Count(FutexProgram[] programs)
    {
        var (given, woken) = (programs.Sum(each => each.Given), programs.Sum(each => each.Woken));
        var (waits, wakes) = (programs.Sum(each => each.Unknown.Waits), programs.Sum(each => each.Unknown.Wakes));
        // A wake-up that came while its caller was away goes to another one if the process dies before it acknowledges that.
        var again = programs.Where(program => program.IsDead).Sum(program => program.Woken);
        if (woken < given - waits || woken > given + wakes + again)
        {
            throw new SimulationException(
                $"{given} wake-ups were given, {woken} callers woken, {waits} waits and {wakes} wakes lost");
        }
    }
}
