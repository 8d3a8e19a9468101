using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.Signals;

/// <summary>
/// Signals in a bad world: each that was sent is taken once and in order, SIGKILL ends a process, and nothing is left of it.
/// SIMULATION_SEEDS runs so many seeds (300 by default), SIMULATION_SEED one.
/// </summary>
public sealed class SignalSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Signals_are_taken_once_and_in_order_despite_faults()
    {
        var seeds = new Seeds("signal simulation", "SIMULATION_SEEDS", 300, output);
        var (calls, signals) = (0L, 0L);
        foreach (var seed in seeds.All)
        {
            var (made, sent) = ProgramRun.Seed(seed, Play);
            (calls, signals) = (calls + made, signals + sent);
        }

        seeds.Say($"{seeds.Count} seeds, {calls} calls, {signals} signals");
        Assert.True(calls > 50 * seeds.Count && signals > 30 * seeds.Count, "the runs did nothing");
    }

    private static (int Calls, int Signals) Play(World world, Random random)
    {
        Administrator.Prepare(world).Act();
        var history = new SignalHistory();
        var receiver = new SignalReceiver(world, history);
        ProgramRun.Await(world, () => receiver.Pid != 0);
        world.Faults = Faults.Draw(random);
        receiver.Begin();
        SignalSender[] senders = [.. Enumerable.Range(1, random.Next(1, 4))
            .Select(number => new SignalSender(world, history, receiver, number))];
        world.Curse();
        ProgramRun.KillSome(world, random, senders);
        ProgramRun.Outlast(world, [receiver, .. senders]);

        // At least once: an earlier wait may have found nothing, and signals have come since.
        var left = 10_000;
        do
        {
            receiver.Drain();
            ProgramRun.Settle(world, receiver);
        }
        while (--left > 0 && !receiver.IsDead && !receiver.FoundNothing);

        history.Check(receiver.IsDead);
        End(world, receiver, new SignalSender(world, history, receiver, number: 9));
        ProgramRun.Vanish(world, senders);
        var name = EntityIds.Format(Core.Processes.Process.KeyOf(receiver.Pid));
        if (world.Journal.Names.Contains(name)) throw new SimulationException($"{name} is left in the journal");
        return (receiver.Count + senders.Sum(sender => sender.Count), history.Count);
    }

    private static void End(World world, SignalReceiver receiver, SignalSender killer)
    {
        killer.Stop();
        killer.Kill();
        ProgramRun.Settle(world, killer);
        ProgramRun.Await(world, () => receiver.IsDead);
        if (!receiver.IsDead) throw new SimulationException("SIGKILL did not end the receiver");
        killer.Die();
    }
}
