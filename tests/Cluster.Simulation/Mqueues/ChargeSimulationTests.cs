using Cluster.Core.Namespaces;
using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.Mqueues;

/// <summary>
/// RLIMIT_MSGQUEUE over two namespaces in a bad world: when all is quiet, the account of the user counts the queues that exist
/// and no others, whatever breaks, also when a namespace is removed. SIMULATION_SEEDS runs so many seeds (1,000 by
/// default), SIMULATION_SEED one.
/// </summary>
public sealed class ChargeSimulationTests(ITestOutputHelper output)
{
    private const string Other = "other";
    private static readonly Target Root = new() { Kind = Kind.Namespace };

    [Fact]
    public void A_user_is_charged_for_the_queues_that_exist_despite_faults()
    {
        var seeds = new Seeds("POSIX message queue charges", "SIMULATION_SEEDS", 1_000, output);
        var (calls, refused, queues) = (0L, 0L, 0L);
        foreach (var seed in seeds.All)
        {
            var run = ProgramRun.Seed(seed, Play);
            calls += run.Calls;
            refused += run.Refused;
            queues += run.Queues;
        }

        seeds.Say($"{seeds.Count} seeds, {calls} calls, {refused} refused, {queues} queues left");
        Assert.True(calls > 10 * seeds.Count, "the runs did nothing");
        Assert.True((refused > 0 && queues > 0) || seeds.Count < 100, "the limit was never reached");
    }

    private static (int Calls, int Refused, int Queues) Play(World world, Random random)
    {
        Administrator.Prepare(world).Act();
        Await(world, new Call { NamespaceCreate = new NamespaceCreate { Name = Other } });
        var own = Enumerable.Range(1, 20).Select(number => (ulong)number).ToArray(); // of namespaces: given out from 1 on;
        world.Faults = Faults.Draw(random);
        List<ChargeProgram> programs = [];
        for (var count = random.Next(2, 6); count > 0; count--)
            programs.Add(new ChargeProgram(world, count % 2 == 0 ? "/" + Other : world.Path));
        world.Curse();
        ProgramRun.KillSome(world, random, programs);
        ProgramRun.Outlast(world, programs);
        var queues = ChargeCheck.Equal(world, own);

        if (random.Next(2) == 0)
        {
            Await(world, new Call { NamespaceRemove = new NamespaceRemove { Name = Other } });
            ChargeCheck.Equal(world, own);
        }

        foreach (var program in programs.Where(program => !program.IsDead)) program.Clear();
        ProgramRun.Settle(world, programs);
        ChargeCheck.Equal(world, own);
        foreach (var program in programs) program.Die();
        for (var turn = 0; turn < 4; turn++) ProgramRun.PassLeases(world);
        ChargeCheck.Equal(world, own);
        return (programs.Sum(program => program.Count), programs.Sum(program => program.Refused), queues);
    }

    private static void Await(World world, Call call)
    {
        Cluster.Client.Engine.EngineCall? done = null;
        var driver = new Driver(world, each => done = each, uid: 0, path: "/");
        driver.Start(Root, call);
        ProgramRun.Await(world, () => done is not null);
        if (done?.Result is not { Errno: 0 }) throw new SimulationException($"{call} has failed: {done?.Result}");
        driver.Die();
    }
}
