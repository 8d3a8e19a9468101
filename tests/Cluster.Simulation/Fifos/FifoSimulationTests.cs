using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.Fifos;

/// <summary>
/// A FIFO in a bad world: the bytes that are read are exactly those whose write was answered, in order, once; and
/// nothing is left of the FIFO at the end. SIMULATION_SEEDS runs so many seeds (500 by default), SIMULATION_SEED one.
/// </summary>
public sealed class FifoSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Bytes_are_read_once_and_in_order_despite_faults()
    {
        var seeds = new Seeds("FIFO simulation", "SIMULATION_SEEDS", 500, output);
        var (calls, records) = (0L, 0L);
        foreach (var seed in seeds.All)
        {
            var (made, written) = ProgramRun.Seed(seed, Play);
            (calls, records) = (calls + made, records + written);
        }

        seeds.Say($"{seeds.Count} seeds, {calls} calls, {records} records of {FifoHistory.RecordBytes} bytes");
        Assert.True(calls > 10 * seeds.Count && records > 100 * seeds.Count, "the runs did nothing");
    }

    private static (int Calls, int Records) Play(World world, Random random)
    {
        Administrator.Prepare(world).Act();
        var history = new FifoHistory();
        var keeper = new FifoProgram(world, history, FileFlags.O_RDWR);
        ProgramRun.Await(world, () => keeper.IsOpen);
        world.Faults = Faults.Draw(random);
        var writers = Enumerable.Range(1, random.Next(1, 4))
            .Select(number => new FifoProgram(world, history, FileFlags.O_WRONLY, number));
        var readers = Enumerable.Range(0, random.Next(1, 4))
            .Select(_ => new FifoProgram(world, history, FileFlags.O_RDONLY));
        var programs = writers.Concat(readers).ToArray();
        world.Curse();
        ProgramRun.KillSome(world, random, programs);
        ProgramRun.Outlast(world, programs);

        for (var left = 1_000; left > 0 && !keeper.FoundNothing; left--)
        {
            keeper.Drain();
            ProgramRun.Settle(world, keeper);
        }

        history.Check(programs.Any(program => program is { IsDead: true, Reads: true }));
        keeper.Unlink();
        ProgramRun.Settle(world, keeper);
        ProgramRun.Vanish(world, [.. programs, keeper], Kind.Fifo);
        return (programs.Sum(program => program.Count), history.Count);
    }
}
