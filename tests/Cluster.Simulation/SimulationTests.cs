using System.Globalization;
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
        if (Number("SIMULATION_SEED") is { } one)
        {
            Say($"simulation: seed {one}: {Run.Seed(one).Calls} calls");
            return;
        }

        var first = Number("SIMULATION_FIRST") ?? Random.Shared.Next(1, 1_000_000_000);
        var count = Number("SIMULATION_SEEDS") ?? 2_000;
        Say($"simulation: seeds {first} to {first + count - 1}");
        long calls = 0, inherited = 0, turnedAway = 0, passivations = 0, mutes = 0;
        for (var seed = first; seed < first + count; seed++)
        {
            var run = Run.Seed(seed);
            calls += run.Calls;
            inherited += run.Inherited;
            turnedAway += run.TurnedAway;
            passivations += run.Passivations;
            mutes += run.Mutes;
        }

        Say($"simulation: {count} seeds, {calls} calls, of them {inherited} given a lock that was passed on and "
            + $"{turnedAway} turned away; {passivations} passivations, {mutes} times without a majority");
        Assert.True(calls > count, "the runs did nothing");
        Assert.True(inherited > 0 || count < 100, "no lock was passed on");
        Assert.True(turnedAway > 0 || count < 100, "no executor was full");
        Assert.True(passivations > 0 || count < 100, "no idle entity left memory");
        Assert.True(mutes > 0 || count < 100, "no entity lost its majority");
    }

    [Fact]
    public void A_seed_replays_its_run() => Assert.Equal(Run.Seed(4711), Run.Seed(4711));

    private void Say(string text)
    {
        output.WriteLine(text);
        Console.WriteLine(text);
    }

    private static int? Number(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : null;
}
