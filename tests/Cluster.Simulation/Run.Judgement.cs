using Cluster.Core.Namespaces;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <content>The check of a run that has ended.</content>
internal static partial class Run
{
    // A limit that was set holds for the next call of every open session, although the entity may have died before.
    private static void CheckLimits(
        World world, Administrator administrator, SimulatedClient[] clients, Random random)
    {
        var clock = world.Clock;
        if (random.Next(2) == 0) world.Kill(new EntityKey { Kind = Kind.Namespace, Namespace = Namespace.Root });
        administrator.SetMsgmni();
        clock.RunUntil(clock.NowMs + PeaceMs, () => !administrator.IsBusy);
        foreach (var client in clients.Where(client => !client.IsDead)) client.AskLimits();
        clock.RunUntil(clock.NowMs + PeaceMs, () => !clients.Any(client => client.IsBusy));
        foreach (var client in clients.Where(client => !client.IsDead))
        {
            // A change whose result was lost with the administrator's process may have been made: values only grow.
            if (client.Limits!.Msgmni < administrator.Msgmni || client.Limits.Msgmni > administrator.Asked)
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

    // A call that is parked in an entity that leaves its node is called back at once, and not when its client loses
    // patience.
    private static void CheckHandOff(World world, History history, int number)
    {
        var clock = world.Clock;
        // Two clients: the next call of the waiting one would call the parked one back as well.
        var waiting = new SimulatedClient(world, history, number, isPatient: true);
        var sender = new SimulatedClient(world, history, number + 1, isPatient: true);
        clock.RunUntil(clock.NowMs + PeaceMs, () => waiting.HasQueue && sender.HasQueue);
        waiting.WaitForLast();
        clock.RunUntil(clock.NowMs + 500);
        foreach (var key in world.EverBorn(Kind.MessageQueue).ToArray()) world.HandOff(key);
        clock.RunUntil(clock.NowMs + 500);
        sender.SendLast();
        clock.RunUntil(clock.NowMs + 2_000);
        if (waiting.IsBusy) throw new SimulationException("a parked call was not called back after a hand-off");
    }
}
