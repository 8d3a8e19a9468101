using Cluster.Core.Namespaces;
using Cluster.Core.Objects.Mqueues;
using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.Mqueues;

/// <summary>
/// A queue that has ended forgets itself, although its directory leaves memory just before it would say so, and nobody
/// calls the directory again.
/// </summary>
public sealed class ForgetSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void A_directory_that_moves_sends_its_requests_from_its_new_place() =>
        RunAll("directories that move", (world, programs) =>
        {
            End(world, programs[0].Close);
            world.HandOff(Directory);
            ProgramRun.PassLeases(world);
            var directory = world.Find(Directory).Machine.TakeSnapshot().Directory; // it may have left memory
            if (directory.Forgetting.Count > 0) throw new SimulationException("the directory still asks the queue");
        });

    [Fact]
    public void The_exit_of_a_process_brings_back_a_directory_that_has_died() =>
        RunAll("directories that die", (world, programs) =>
        {
            End(world, programs[0].Die);
            world.Kill(Directory);
            for (var turn = 0; turn < 4; turn++) ProgramRun.PassLeases(world);
        });

    private static EntityKey Directory =>
        new() { Kind = Kind.Directory, Namespace = Namespace.Root, Id = (long)Kind.Mqueue };

    private void RunAll(string what, Action<World, List<MqueueProgram>> play)
    {
        var seeds = new Seeds(what, "SIMULATION_SEEDS", 100, output);
        foreach (var seed in seeds.All.Select(seed => seed / 3 * 3 + 1)) // those with the namespace "/"
        {
            ProgramRun.Seed(seed, (world, random) =>
            {
                Administrator.Prepare(world);
                List<MqueueProgram> programs = [];
                _ = new MqueueProgram(world, new MqueueHistory(), programs, isJudge: true);
                ProgramRun.Await(world, () => programs[0].Held.Count > 0);
                programs[0].Unlink(MqueueProgram.Lasting);
                ProgramRun.Settle(world, programs);
                play(world, programs);
                ProgramRun.CheckNothingLeft(world, Kind.Mqueue);
                return 0;
            });
        }
    }

    // The last close, until the directory tells the queue to forget itself. That request may be lost.
    private static void End(World world, Action close)
    {
        world.Faults = Faults.None with { Loss = 0.3 };
        close();
        var isThere = false;
        ProgramRun.Await(world, () => isThere =
            world.Machines.OfType<ObjectDirectory>().Any(
                directory => directory.Key.Equals(Directory) && directory.TakeSnapshot().Directory.Forgetting.Count > 0)
            && world.Machines.OfType<Mqueue>().Any(queue => queue.TakeSnapshot().Mqueue?.Removed is true)
            // A directory that was about to leave memory anyway is gone before the queue has its removal.
            || ProgramRun.Left(world, Kind.Mqueue).Length == 0);
        if (!isThere) throw new SimulationException("the queue does not end");
        world.Faults = Faults.None;
    }
}
