using Cluster.Core.Namespaces;
using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.Namespaces;

/// <summary>
/// A limit that was set and answered holds for each later call, despite lost messages, twins, crashes, and nodes that
/// are cut off. SIMULATION_LIMITS_SEEDS is the number of seeds (200 by default), SIMULATION_SEED is one.
/// </summary>
public sealed class LimitsSimulationTests(ITestOutputHelper output)
{
    private const long CurseMs = 120_000;
    private const long PeaceMs = 120_000;

    [Fact]
    public void A_limit_holds_for_each_call_that_begins_after_its_answer()
    {
        var seeds = new Seeds("limits simulation", "SIMULATION_LIMITS_SEEDS", 200, output);
        var (answers, changes) = (0, 0);
        foreach (var seed in seeds.All)
        {
            var run = ProgramRun.Seed(seed, Play);
            (answers, changes) = (answers + run.Answers, changes + run.Changes);
        }

        seeds.Say($"{seeds.Count} seeds, {changes} changes, {answers} answers");
        Assert.True(answers > 100 && changes > 5, "the runs did nothing");
    }

    private static (int Answers, int Changes) Play(World world, Random random)
    {
        var clock = world.Clock;
        var administrator = Administrator.Prepare(world);
        var probes = Enumerable.Range(0, 5).Select(_ => new LimitsProbe(world, administrator)).ToArray();
        world.Faults = Faults.Draw(random) with { AccidentMs = random.Next(200, 6_000) };
        administrator.Act();
        world.Curse();
        for (var i = 0; i < 12; i++) clock.After(random.Next((int)CurseMs), HitLimits);
        clock.RunUntil(clock.NowMs + CurseMs);

        world.Faults = Faults.None;
        clock.Note("peace");
        administrator.Stop();
        foreach (var probe in probes) probe.Stop();
        clock.RunUntil(clock.NowMs + PeaceMs, () => !administrator.IsBusy && !probes.Any(probe => probe.IsBusy));
        if (administrator.IsBusy || probes.Any(probe => probe.IsBusy))
            throw new SimulationException("a call never completed");
        return (probes.Sum(probe => probe.Answers), administrator.Changes);

        void HitLimits()
        {
            switch (random.Next(4))
            {
                case 0:
                    world.KillNode(tellsAll: random.Next(2) == 0);
                    break;
                case 1:
                    world.CutNode(random.Next(40_000));
                    break;
                case 2:
                    world.HandOff(new EntityKey { Kind = Kind.Namespace, Namespace = Namespace.Root });
                    break;
                default:
                    world.Kill(new EntityKey { Kind = Kind.Namespace, Namespace = Namespace.Root });
                    break;
            }
        }
    }
}
