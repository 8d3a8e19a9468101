namespace Cluster.Simulation;

/// <summary>
/// One run from one seed: programs run with faults, then without faults, then the results are checked.
/// </summary>
internal static partial class Run
{
    private const long CurseMs = 8_000;
    private const long PeaceMs = 120_000;

    /// <summary>Runs, and says what happened.</summary>
    /// <exception cref="SimulationException">A promise was broken; the trace is in the message.</exception>
    public static Outcome Seed(int seed)
    {
        var random = new Random(seed);
        var world = new World(seed, Faults.None);
        var history = new History(world.Clock);
        try
        {
            Play(world, history, random);
        }
        catch (Exception exception)
        {
            var trace = string.Join('\n', world.Clock.Trace);
            throw new SimulationException($"seed {seed}: {exception.Message}\n{exception.StackTrace}\n{trace}");
        }

        return new Outcome(
            history.Count, history.Permits.Inherited, history.TurnedAway, world.Passivations, world.Mutes);
    }

    /// <summary>What happened in a run.</summary>
    /// <param name="Calls">Calls that completed.</param>
    /// <param name="Inherited">Of these, those that got a lock that was passed on.</param>
    /// <param name="TurnedAway">Of these, those that found the executor full.</param>
    /// <param name="Passivations">Idle entities that left memory.</param>
    /// <param name="Mutes">Entities whose node lost its majority for a while.</param>
    public readonly record struct Outcome(int Calls, int Inherited, int TurnedAway, int Passivations, int Mutes);

    private static void Play(World world, History history, Random random)
    {
        var administrator = Administrator.Prepare(world);
        world.Faults = Faults.Draw(random);
        administrator.Act();
        var clients = Enumerable.Range(0, random.Next(2, 6))
            .Select(number => new SimulatedClient(world, history, number)).ToArray();
        var clock = world.Clock;
        world.Curse();
        if (random.Next(2) == 0) clock.After(random.Next((int)CurseMs), clients[0].Die);
        for (var stops = random.Next(3); stops > 0; stops--)
        {
            var (client, ms) = (clients[random.Next(clients.Length)], random.Next(1, 10_000));
            clock.After(random.Next((int)CurseMs), () => client.StopFor(ms));
        }

        clock.RunUntil(clock.NowMs + CurseMs);

        world.Faults = Faults.None;
        clock.Note("peace");
        administrator.Stop();
        foreach (var client in clients) client.Stop();
        clock.RunUntil(clock.NowMs + PeaceMs, () => !clients.Any(client => client.IsBusy));
        if (clients.Any(client => client.IsBusy)) throw new SimulationException("a call never completed");

        // Leases of the dead run out, with nobody asking; what they had taken and not acknowledged comes back.
        world.Remember();
        clock.RunUntil(clock.NowMs + 15_000);
        CheckLimits(world, administrator, clients, random);
        Drain(world, history, clients);
        CheckHandOff(world, history, clients.Length + 1);
        history.Check(number => number < clients.Length && clients[number].IsDead);
        CheckRest(world);
    }
}
