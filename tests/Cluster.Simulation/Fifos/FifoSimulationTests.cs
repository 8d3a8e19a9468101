using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.Fifos;

/// <summary>
/// A FIFO in a bad world: the bytes that are read are exactly those whose write was answered, in order, once; and
/// nothing is left of the FIFO at the end. SIMULATION_SEEDS runs so many seeds (500 by default), SIMULATION_SEED one.
/// </summary>
public sealed class FifoSimulationTests(ITestOutputHelper output)
{
    private const long CurseMs = 8_000;
    private const long PeaceMs = 120_000;

    [Fact]
    public void Bytes_are_read_once_and_in_order_despite_faults()
    {
        var seeds = new Seeds("FIFO simulation", "SIMULATION_SEEDS", 500, output);
        var (calls, records) = (0L, 0L);
        foreach (var seed in seeds.All)
        {
            var (made, written) = Run(seed);
            (calls, records) = (calls + made, records + written);
        }

        seeds.Say($"{seeds.Count} seeds, {calls} calls, {records} records of {FifoHistory.RecordBytes} bytes");
        Assert.True(calls > 10 * seeds.Count && records > 100 * seeds.Count, "the runs did nothing");
    }

    private static (int Calls, int Records) Run(int seed)
    {
        var world = new World(seed, Faults.None);
        try
        {
            return Play(world, new Random(seed));
        }
        catch (Exception exception)
        {
            var trace = string.Join('\n', world.Clock.Trace);
            throw new SimulationException($"seed {seed}: {exception.Message}\n{exception.StackTrace}\n{trace}");
        }
    }

    private static (int Calls, int Records) Play(World world, Random random)
    {
        var clock = world.Clock;
        Administrator.Prepare(world).Act();
        var history = new FifoHistory();
        var keeper = new FifoProgram(world, history, FileFlags.O_RDWR);
        clock.RunUntil(clock.NowMs + PeaceMs, () => keeper.IsOpen);
        world.Faults = Faults.Draw(random);
        var writers = Enumerable.Range(1, random.Next(1, 4))
            .Select(number => new FifoProgram(world, history, FileFlags.O_WRONLY, number));
        var readers = Enumerable.Range(0, random.Next(1, 4))
            .Select(_ => new FifoProgram(world, history, FileFlags.O_RDONLY));
        var programs = writers.Concat(readers).ToArray();
        world.Curse();
        for (var deaths = random.Next(3); deaths > 0; deaths--)
        {
            var victim = programs[random.Next(programs.Length)];
            clock.After(random.Next((int)CurseMs), victim.Die);
        }

        clock.RunUntil(clock.NowMs + CurseMs);
        world.Faults = Faults.None;
        foreach (var program in programs) program.Stop();
        Settle(world, programs);
        world.Remember();
        clock.RunUntil(clock.NowMs + 15_000); // the leases of the dead run out

        for (var left = 1_000; left > 0 && !keeper.FoundNothing; left--)
        {
            keeper.Drain();
            Settle(world, [keeper]);
        }

        history.Check(programs.Any(program => program is { IsDead: true, Reads: true }));
        Vanish(world, keeper, programs);
        return (programs.Sum(program => program.Count), history.Count);
    }

    // Unlinked, the FIFO goes with the last process, and everything of it from the journal.
    private static void Vanish(World world, FifoProgram keeper, FifoProgram[] programs)
    {
        keeper.Unlink();
        Settle(world, [keeper]);
        foreach (var program in programs.Append(keeper)) program.Die();
        for (var turn = 0; turn < 4; turn++)
        {
            world.Clock.RunUntil(world.Clock.NowMs + 15_000);
            world.Remember();
        }

        var left = world.Journal.Names.Where(
            name => name.StartsWith($"{(int)Kind.Fifo}/", StringComparison.Ordinal)).ToArray();
        if (left.Length > 0) throw new SimulationException($"left in the journal: {string.Join(", ", left)}");
    }

    private static void Settle(World world, FifoProgram[] programs)
    {
        world.Clock.RunUntil(world.Clock.NowMs + PeaceMs, () => !programs.Any(program => program.IsBusy));
        if (programs.Any(program => program.IsBusy)) throw new SimulationException("a call never completed");
    }
}
