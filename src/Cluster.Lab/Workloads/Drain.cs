using Cluster.Client;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Workloads;

/// <summary>Empties the queues and reads sets and words, when nobody else is at work.</summary>
internal sealed class Drain(WorkloadOptions options, World world, Caller caller, Traffic traffic, Place place)
{
    private const int AtOnce = 16;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>True: all that was acknowledged has been found, and the sets are as they were at first.</summary>
    public async Task<bool> RunAsync(CancellationToken cancelled)
    {
        var started = options.TimeProvider.GetTimestamp();
        bool isComplete;
        // What a dead process had taken comes back when the object has heard of the death.
        do
        {
            await EachAsync(world.Queues.Length, Sweep(world.Queues, World.Queue, World.IsTyped), cancelled)
                .ConfigureAwait(false);
            await EachAsync(world.ParkedQueues.Length,
                Sweep(world.ParkedQueues, World.ParkedQueue, _ => false), cancelled)
                .ConfigureAwait(false);
            isComplete = traffic.IsAllFound && await AreAtRestAsync(cancelled).ConfigureAwait(false);
            if (!isComplete) await Task.Delay(Poll, options.TimeProvider, cancelled).ConfigureAwait(false);
        }
        while (!isComplete && options.TimeProvider.GetElapsedTime(started) < options.Patience);

        await EachAsync(world.Sets.Length, ReadSet(world.Sets, World.Set), cancelled).ConfigureAwait(false);
        await EachAsync(world.ParkedSets.Length, ReadSet(world.ParkedSets, World.ParkedSet), cancelled)
            .ConfigureAwait(false);
        await EachAsync(world.Words.Length, ReadWordAsync, cancelled).ConfigureAwait(false);
        return isComplete;
    }

    private static Task EachAsync(int count, Func<int, CancellationToken, Task> action, CancellationToken cancelled)
    {
        var bound = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancelled };
        return Parallel.ForAsync(0, count, bound,
            async (index, token) => await action(index, token).ConfigureAwait(false));
    }

    private Func<int, CancellationToken, Task> Sweep(int[] queues, Func<int, string> name, Func<int, bool> isTyped) =>
        async (index, cancelled) =>
        {
            var types = isTyped(index) ? Enumerable.Range(1, World.TypeCount) : [0];
            foreach (var type in types)
            {
                Operation? taken;
                do
                {
                    var seat = await place.GetAsync(cancelled).ConfigureAwait(false);
                    taken = await traffic.TakeAsync(place, seat, (name(index), queues[index]), type, false)
                        .ConfigureAwait(false);
                }
                while (taken is { IsOk: true } or { Outcome: Outcome.Unknown });
            }
        };

    private async Task<bool> AreAtRestAsync(CancellationToken cancelled)
    {
        try
        {
            var seat = await place.GetAsync(cancelled).ConfigureAwait(false);
            foreach (var id in world.Sets)
            {
                var values = await seat.Client.SemaphoreSets.Open(id).GetAllAsync(cancelled).ConfigureAwait(false);
                if (values[0] != options.Permits || values[1] != 0) return false;
            }

            return true;
        }
        catch (IpcException)
        {
            return false;
        }
    }

    private Func<int, CancellationToken, Task> ReadSet(int[] sets, Func<int, string> name) =>
        async (index, cancelled) =>
        {
            var seat = await place.GetAsync(cancelled).ConfigureAwait(false);
            var call = new Operation { Object = name(index), Call = CallKind.GetValues };
            await caller.CallAsync(place, seat, call, async recorded =>
                recorded.Returned(await seat.Client.SemaphoreSets.Open(sets[index]).GetAllAsync(cancelled)
                    .ConfigureAwait(false))).ConfigureAwait(false);
        };

    private async Task ReadWordAsync(int index, CancellationToken cancelled)
    {
        var seat = await place.GetAsync(cancelled).ConfigureAwait(false);
        var call = new Operation { Object = World.Word(index), Call = CallKind.Load };
        await traffic.OnWordAsync(place, seat, call, world.Words[index], cancelled).ConfigureAwait(false);
    }
}
