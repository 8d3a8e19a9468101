using Cluster.Core.Namespaces;
using Cluster.Core.Sessions;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>One run from one seed: some programs, a bad world, then peace, then the judgement.</summary>
internal static class Run
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
        history.Check(number => number < clients.Length && clients[number].IsDead);
        CheckRest(world);
    }

    // A limit that was set reaches every open session, although the entity that it subscribed to may have died since.
    private static void CheckLimits(
        World world, Administrator administrator, SimulatedClient[] clients, Random random)
    {
        var clock = world.Clock;
        if (random.Next(2) == 0) world.Kill(new EntityKey { Kind = Kind.Namespace, Namespace = Namespace.Root });
        administrator.SetMsgmni();
        clock.RunUntil(clock.NowMs + PeaceMs, () => !administrator.IsBusy);
        clock.RunUntil(clock.NowMs + 2 * new SessionSettings { Gateway = "" }.ResubscribeAfterMs);
        foreach (var client in clients.Where(client => !client.IsDead)) client.AskLimits();
        clock.RunUntil(clock.NowMs + PeaceMs, () => !clients.Any(client => client.IsBusy));
        foreach (var client in clients.Where(client => !client.IsDead))
        {
            if (client.Limits!.Msgmni != administrator.Msgmni)
                throw new SimulationException(
                    $"msgmni is {administrator.Msgmni}, and a session believes {client.Limits.Msgmni}");
        }
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
            for (var times = 0; times < 10 && drainer.Values is null; times++)
            {
                drainer.LookAt(set);
                clock.RunUntil(clock.NowMs + PeaceMs, () => !drainer.IsBusy);
            }

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

        if (world.EverBorn(Kind.MessageQueue).Count() > 1)
            throw new SimulationException("one key led to two queues");
        if (world.EverBorn(Kind.SemaphoreSet).Count() > 1)
            throw new SimulationException("one key led to two sets");
    }
}
