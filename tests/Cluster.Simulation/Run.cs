using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>One run from one seed: some programs, a bad world, then peace, then the judgement.</summary>
internal static class Run
{
    private const long CurseMs = 8_000;
    private const long PeaceMs = 120_000;

    /// <summary>Runs; returns how many calls completed, and how many of them got a lock that was passed on.</summary>
    /// <exception cref="SimulationException">A promise was broken; the trace is in the message.</exception>
    public static (int Calls, int Inherited) Seed(int seed)
    {
        var random = new Random(seed);
        var world = new World(seed, Faults.Draw(random));
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

        return (history.Count, history.Permits.Inherited);
    }

    private static void Play(World world, History history, Random random)
    {
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
        foreach (var client in clients) client.Stop();
        clock.RunUntil(clock.NowMs + PeaceMs, () => !clients.Any(client => client.IsBusy));
        if (clients.Any(client => client.IsBusy)) throw new SimulationException("a call never completed");

        // Leases of the dead run out, with nobody asking; what they had taken and not acknowledged comes back.
        world.Remember();
        clock.RunUntil(clock.NowMs + 15_000);
        Drain(world, history, clients);
        history.Check(number => number < clients.Length && clients[number].IsDead);
        CheckRest(world);
    }

    private static void Drain(World world, History history, SimulatedClient[] clients)
    {
        var clock = world.Clock;
        var drainer = new SimulatedClient(world, history, clients.Length);
        clock.RunUntil(clock.NowMs + PeaceMs, () => drainer.HasQueue && !drainer.IsBusy);
        drainer.Stop();
        clock.RunUntil(clock.NowMs + PeaceMs, () => !drainer.IsBusy);
        if (clients.Select(client => client.Set).FirstOrDefault(set => set is not null) is { } set)
        {
            drainer.LookAt(set);
            clock.RunUntil(clock.NowMs + PeaceMs, () => !drainer.IsBusy);
            var values = drainer.Values ?? throw new SimulationException("nobody knows what the semaphores are");
            history.Permits.Check(values, number => number < clients.Length && clients[number].IsDead);
        }

        for (var left = 10_000; left > 0; left--)
        {
            drainer.Drain(); // which also brings the queue back, if nobody has
            clock.RunUntil(clock.NowMs + PeaceMs, () => !drainer.IsBusy);
            if (QueueIsEmpty(world)) return;
        }

        throw new SimulationException("the queue does not become empty");
    }

    private static bool QueueIsEmpty(World world) => world.Machines
        .OfType<Core.Objects.MessageQueues.MessageQueue>().All(queue => queue.Messages.Count == 0);

    private static void CheckRest(World world)
    {
        foreach (var queue in world.Machines.OfType<Core.Objects.MessageQueues.MessageQueue>())
        {
            if (queue.Waiters.All.FirstOrDefault() is { } left)
                throw new SimulationException($"{left.Pid}.{left.Seq} is left behind in line ({left.Presence})");
        }

        foreach (var set in world.Machines.OfType<Core.Objects.SemaphoreSets.SemaphoreSet>())
        {
            if (set.Waiters.All.FirstOrDefault() is { } left)
                throw new SimulationException($"{left.Pid}.{left.Seq} is left behind at a semaphore ({left.Presence})");
        }

        if (world.Machines.Count(machine => machine.Key.Kind == Kind.MessageQueue) > 1)
            throw new SimulationException("one key led to two queues");
        if (world.Machines.Count(machine => machine.Key.Kind == Kind.SemaphoreSet) > 1)
            throw new SimulationException("one key led to two sets");
    }
}
