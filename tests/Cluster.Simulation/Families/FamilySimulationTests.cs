using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.Families;

/// <summary>
/// Parents and children in a bad world: the end of each child is told to its parent once, with the status, and nothing is
/// left of any process. FAMILY_SEEDS runs so many seeds (300 by default).
/// </summary>
public sealed class FamilySimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void The_end_of_each_child_is_told_once_despite_faults()
    {
        var seeds = new Seeds("family simulation", "FAMILY_SEEDS", 300, output);
        var (started, reaped) = (0L, 0L);
        foreach (var seed in seeds.All)
        {
            var (made, told) = ProgramRun.Seed(seed, Play);
            (started, reaped) = (started + made, reaped + told);
        }

        seeds.Say($"{seeds.Count} seeds, {started} children, {reaped} waited for");
        Assert.True(reaped > 2 * seeds.Count, "the runs did nothing");
    }

    private static (int Started, int Reaped) Play(World world, Random random)
    {
        Administrator.Prepare(world).Act();
        world.Faults = Faults.Draw(random);
        ParentProgram[] parents = [new(world), new(world)];
        world.Curse();
        if (random.Next(3) == 0) world.Clock.After(random.Next((int)ProgramRun.CurseMs), parents[0].Die);
        ProgramRun.Outlast(world, parents);
        foreach (var parent in parents.Where(parent => !parent.IsDead))
        {
            do
            {
                parent.Reap();
                ProgramRun.Settle(world, parent);
            }
            while (!parent.HasNone);
            parent.Check();
        }

        var children = parents.SelectMany(parent => parent.Children).ToArray();
        ProgramRun.Vanish(world, [.. parents, .. children]);
        var left = ProgramRun.Left(world, Kind.Process); // the administrator lives
        if (left.Length > 1) throw new SimulationException($"left in the journal: {string.Join(", ", left.Select(name => $"{name} {world.Find(EntityIds.Parse(name)).Machine.TakeSnapshot()}"))}");
        return (children.Count(child => child.Pid != 0), parents.Sum(parent => parent.Reaped));
    }
}
