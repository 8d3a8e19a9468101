using Cluster.Core.Machines;
using Cluster.Core.Objects.Mqueues;
using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.Mqueues;

/// <summary>
/// POSIX message queues in a bad world: every message is received exactly once, and every description is held by those who
/// have it and by nobody else, whatever breaks. SIMULATION_SEEDS runs so many seeds (1,000 by default), SIMULATION_SEED
/// one.
/// </summary>
public sealed class MqueueSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Messages_come_once_and_no_description_leaks_despite_faults()
    {
        var seeds = new Seeds("POSIX message queue simulation", "SIMULATION_SEEDS", 1_000, output);
        var (calls, shares) = (0L, 0L);
        foreach (var seed in seeds.All)
        {
            var run = ProgramRun.Seed(seed, Play);
            calls += run.Calls;
            shares += run.Shares;
        }

        seeds.Say($"{seeds.Count} seeds, {calls} calls, {shares} descriptions held by several processes");
        Assert.True(calls > 10 * seeds.Count, "the runs did nothing");
        Assert.True(shares > 0 || seeds.Count < 100, "no description was passed on");
    }

    private static (int Calls, int Shares) Play(World world, Random random)
    {
        Administrator.Prepare(world).Act();
        world.Faults = Faults.Draw(random);
        var history = new MqueueHistory();
        List<MqueueProgram> programs = [];
        for (var count = random.Next(2, 6); count > 0; count--) _ = new MqueueProgram(world, history, programs);
        world.Curse();
        ProgramRun.KillSome(world, random, programs);
        ProgramRun.Outlast(world, programs);
        var shares = CheckHolders(world, programs, history);

        var judge = new MqueueProgram(world, history, programs, isJudge: true);
        ProgramRun.Await(world, () => judge.Held.Count > 0);
        for (var left = 1_000; left > 0 && !judge.FoundNothing; left--)
        {
            judge.Drain();
            ProgramRun.Settle(world, programs);
        }

        history.Check(judge.LastingQueue!.Value, number => programs[number].IsDead);
        Vanish(world, judge, programs);
        return (programs.Sum(program => program.Count), shares);
    }

    /// <summary>Whoever lives holds what it has, and the dead hold nothing.</summary>
    private static int CheckHolders(World world, List<MqueueProgram> programs, MqueueHistory history)
    {
        var shares = 0;
        foreach (var name in ProgramRun.Left(world, Kind.Mqueue))
        {
            var queue = (Mqueue)world.Find(EntityIds.Parse(name)).Machine; // it may have left memory
            var id = (int)queue.Key.Id;
            var byPid = programs.Where(program => program.Pid != 0).ToDictionary(program => program.Pid);
            var real = queue.AllHolders.ToHashSet();
            shares += real.GroupBy(each => each.Number).Count(each => each.Count() > 1);
            foreach (var (number, pid) in real)
            {
                if (!byPid.TryGetValue(pid, out var program) || program.IsDead)
                    throw new SimulationException($"{pid} has ended and holds {id}:{number}");
                // A share whose sharer died before the answer may have happened.
                if (!program.Held.Contains((id, number)) && !history.MayHold((id, number), program.Number))
                    throw new SimulationException($"{pid} holds {id}:{number} and does not know it");
            }

            foreach (var program in programs.Where(program => !program.IsDead))
            {
                foreach (var held in program.Held.Where(held => held.Queue == id))
                {
                    if (!real.Contains((held.Number, program.Pid)))
                        throw new SimulationException($"{program.Pid} has lost {id}:{held.Number}");
                }
            }
        }

        return shares;
    }

    // Unlinked, a queue goes with the last description, and everything of it from the journal.
    private static void Vanish(World world, MqueueProgram judge, List<MqueueProgram> programs)
    {
        judge.Unlink(MqueueProgram.Lasting);
        judge.Unlink(MqueueProgram.Fleeting);
        ProgramRun.Settle(world, programs);
        foreach (var program in programs.Where(program => !program.IsDead))
        {
            if (world.Clock.Random.Next(2) == 0) program.Close();
        }

        ProgramRun.Settle(world, programs);
        ProgramRun.Vanish(world, programs, Kind.Mqueue);
        ChargeCheck.Equal(world, [1]);
    }
}
