using Cluster.Client;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Workloads;

/// <summary>Empties the queues and reads the sets and words, after all other calls have ended.</summary>
internal sealed class Drain(
    WorkloadOptions options, WorkloadObjects objects, Caller caller, ClientLoops loops, ClientSlot slot)
{
    private const int AtOnce = 16;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Drains. True: every acknowledged message was received, and the sets have their initial values.
    /// </summary>
    public async Task<bool> RunAsync(CancellationToken cancelled)
    {
        var started = options.TimeProvider.GetTimestamp();
        bool isComplete;
        // A message that a process received and did not acknowledge comes back when the queue hears of its exit.
        do
        {
            await EachAsync(objects.Queues.Length,
                Receive(objects.Queues, WorkloadObjects.Queue, WorkloadObjects.IsTyped), cancelled)
                .ConfigureAwait(false);
            await EachAsync(objects.PosixQueues.Length, ReceivePosixAsync, cancelled).ConfigureAwait(false);
            await EachAsync(objects.ParkedQueues.Length,
                Receive(objects.ParkedQueues, WorkloadObjects.ParkedQueue, _ => false), cancelled)
                .ConfigureAwait(false);
            isComplete = loops.IsAllReceived && await AreSetsInitialAsync(cancelled).ConfigureAwait(false);
            if (!isComplete) await Task.Delay(Poll, options.TimeProvider, cancelled).ConfigureAwait(false);
        }
        while (!isComplete && options.TimeProvider.GetElapsedTime(started) < options.Patience);

        await EachAsync(objects.Sets.Length, ReadSet(objects.Sets, WorkloadObjects.Set), cancelled)
            .ConfigureAwait(false);
        await EachAsync(objects.ParkedSets.Length, ReadSet(objects.ParkedSets, WorkloadObjects.ParkedSet), cancelled)
            .ConfigureAwait(false);
        await EachAsync(objects.PosixSemaphores.Length, ReadPosixSemaphoreAsync, cancelled).ConfigureAwait(false);
        await EachAsync(objects.Words.Length, ReadWordAsync, cancelled).ConfigureAwait(false);
        return isComplete;
    }

    private static Task EachAsync(int count, Func<int, CancellationToken, Task> action, CancellationToken cancelled)
    {
        var bound = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancelled };
        return Parallel.ForAsync(0, count, bound,
            async (index, token) => await action(index, token).ConfigureAwait(false));
    }

    private Func<int, CancellationToken, Task> Receive(int[] queues, Func<int, string> name, Func<int, bool> isTyped) =>
        async (index, cancelled) =>
        {
            var types = isTyped(index) ? Enumerable.Range(1, WorkloadObjects.TypeCount) : [0];
            foreach (var type in types)
                await EmptyAsync(LabQueue.Of(name(index), queues[index]), type, cancelled).ConfigureAwait(false);
        };

    private Task ReceivePosixAsync(int index, CancellationToken cancelled) => EmptyAsync(
        LabQueue.Of(WorkloadObjects.PosixQueue(index), objects.PosixQueues[index].Name), 0, cancelled);

    private async Task EmptyAsync(LabQueue queue, long type, CancellationToken cancelled)
    {
        Operation? taken;
        do
        {
            var client = await slot.GetAsync(cancelled).ConfigureAwait(false);
            taken = await loops.ReceiveOneAsync(slot, client, queue, type, false).ConfigureAwait(false);
        }
        while (taken is { IsOk: true } or { Outcome: Outcome.Unknown });
    }

    private async Task<bool> AreSetsInitialAsync(CancellationToken cancelled)
    {
        try
        {
            var client = await slot.GetAsync(cancelled).ConfigureAwait(false);
            foreach (var id in objects.Sets)
            {
                var values = await client.Ipc.SemaphoreSets.Open(id).GetAllAsync(cancelled).ConfigureAwait(false);
                if (values[0] != options.Permits || values[1] != 0) return false;
            }

            foreach (var own in objects.PosixSemaphores)
            {
                var semaphore = await client.OpenSemaphoreAsync(own.Name).ConfigureAwait(false);
                if (await semaphore.GetValueAsync(cancelled).ConfigureAwait(false) != options.Permits) return false;
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
            var client = await slot.GetAsync(cancelled).ConfigureAwait(false);
            var call = new Operation { Object = name(index), Call = CallKind.GetValues };
            await caller.CallAsync(slot, client, call, async recorded =>
                recorded.Returned(await client.Ipc.SemaphoreSets.Open(sets[index]).GetAllAsync(cancelled)
                    .ConfigureAwait(false))).ConfigureAwait(false);
        };

    private async Task ReadPosixSemaphoreAsync(int index, CancellationToken cancelled)
    {
        var client = await slot.GetAsync(cancelled).ConfigureAwait(false);
        var call = new Operation { Object = WorkloadObjects.PosixSemaphore(index), Call = CallKind.GetValues };
        await caller.CallAsync(slot, client, call, async recorded =>
        {
            var semaphore = await client.OpenSemaphoreAsync(objects.PosixSemaphores[index].Name).ConfigureAwait(false);
            recorded.Returned([(int)await semaphore.GetValueAsync(cancelled).ConfigureAwait(false)]);
        }).ConfigureAwait(false);
    }

    private async Task ReadWordAsync(int index, CancellationToken cancelled)
    {
        var client = await slot.GetAsync(cancelled).ConfigureAwait(false);
        var call = new Operation { Object = WorkloadObjects.Word(index), Call = CallKind.Load };
        await loops.OnWordAsync(slot, client, call, objects.Words[index], cancelled).ConfigureAwait(false);
    }
}
