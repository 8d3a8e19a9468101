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
    private const long CurseMs = 8_000;
    private const long PeaceMs = 120_000;

    [Fact]
    public void Messages_come_once_and_no_description_leaks_despite_faults()
    {
        var seeds = new Seeds("POSIX message queue simulation", "SIMULATION_SEEDS", 1_000, output);
        var (calls, shares) = (0L, 0L);
        foreach (var seed in seeds.All)
        {
            var run = Run(seed);
            calls += run.Calls;
            shares += run.Shares;
        }

        seeds.Say($"{seeds.Count} seeds, {calls} calls, {shares} descriptions held by several processes");
        Assert.True(calls > 10 * seeds.Count, "the runs did nothing");
        Assert.True(shares > 0 || seeds.Count < 100, "no description was passed on");
    }

    private static (int Calls, int Shares) Run(int seed)
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

    private static (int Calls, int Shares) Play(World world, Random random)
    {
        var clock = world.Clock;
        Administrator.Prepare(world).Act();
        world.Faults = Faults.Draw(random);
        var history = new MqueueHistory();
        List<MqueueProgram> programs = [];
        for (var count = random.Next(2, 6); count > 0; count--) _ = new MqueueProgram(world, history, programs);
        world.Curse();
        for (var deaths = random.Next(3); deaths > 0; deaths--)
        {
            var victim = programs[random.Next(programs.Count)];
            clock.After(random.Next((int)CurseMs), victim.Die);
        }

        clock.RunUntil(clock.NowMs + CurseMs);
        world.Faults = Faults.None;
        foreach (var program in programs) program.Stop();
        Settle(world, programs);
        world.Remember();
        clock.RunUntil(clock.NowMs + 15_000); // the leases of the dead run out
        var shares = CheckHolders(world, programs, history);

        var judge = new MqueueProgram(world, history, programs, isJudge: true);
        clock.RunUntil(clock.NowMs + PeaceMs, () => judge.Held.Count > 0);
        for (var left = 1_000; left > 0 && !judge.FoundNothing; left--)
        {
            judge.Drain();
            Settle(world, programs);
        }

        history.Check(judge.LastingQueue!.Value, number => programs[number].IsDead);
        Vanish(world, judge, programs);
        return (programs.Sum(program => program.Count), shares);
    }

    /// <summary>Whoever lives holds what it has, and the dead hold nothing.</summary>
    private static int CheckHolders(World world, List<MqueueProgram> programs, MqueueHistory history)
    {
        var shares = 0;
        foreach (var name in Left(world))
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
        Settle(world, programs);
        foreach (var program in programs.Where(program => !program.IsDead))
        {
            if (world.Clock.Random.Next(2) == 0) program.Close();
        }

        Settle(world, programs);
        foreach (var program in programs) program.Die();
        for (var turn = 0; turn < 4; turn++)
        {
            world.Clock.RunUntil(world.Clock.NowMs + 15_000);
            world.Remember();
        }

        var left = Left(world);
        if (left.Length == 0) return;
        var states = left.Select(name => world.Find(EntityIds.Parse(name)).Machine.TakeSnapshot().ToString());
        throw new SimulationException($"left in the journal: {string.Join(", ", left)}; {string.Join('\n', states)}");
    }

    private static string[] Left(World world) => [.. world.Journal.Names
        .Where(name => name.StartsWith($"{(int)Kind.Mqueue}/", StringComparison.Ordinal))];

    private static void Settle(World world, List<MqueueProgram> programs)
    {
        world.Clock.RunUntil(world.Clock.NowMs + PeaceMs, () => !programs.Any(program => program.IsBusy));
        if (programs.Find(program => program.IsBusy) is { } busy)
            throw new SimulationException($"a call never completed: {busy.Waiting}");
    }
}
