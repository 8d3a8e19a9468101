using Xunit.Abstractions;

namespace Cluster.Simulation;

/// <summary>
/// Exactly once, despite faults. SIMULATION_SEEDS is the number of seeds (2,000 by default), SIMULATION_FIRST the first
/// one (random ones by default), SIMULATION_SEED one.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_call_completes_exactly_once_despite_faults()
    {
        var seeds = new Seeds("simulation", "SIMULATION_SEEDS", 2_000, output);
        long calls = 0, inherited = 0, turnedAway = 0, passivations = 0, mutes = 0;
        foreach (var seed in seeds.All)
        {
            var run = Run.Seed(seed);
            calls += run.Calls;
            inherited += run.Inherited;
            turnedAway += run.TurnedAway;
            passivations += run.Passivations;
            mutes += run.Mutes;
        }

        seeds.Say($"{seeds.Count} seeds, {calls} calls, of them {inherited} given a lock that was passed on and "
            + $"{turnedAway} turned away; {passivations} passivations, {mutes} times without a majority");
        Assert.True(calls > seeds.Count, "the runs did nothing");
        Assert.True(inherited > 0 || seeds.Count < 100, "no lock was passed on");
        Assert.True(turnedAway > 0 || seeds.Count < 100, "no executor was full");
        Assert.True(passivations > 0 || seeds.Count < 100, "no idle entity left memory");
        Assert.True(mutes > 0 || seeds.Count < 100, "no entity lost its majority");
    }

    [Fact]
    public void A_seed_replays_its_run() => Assert.Equal(Run.Seed(4711), Run.Seed(4711));
}
