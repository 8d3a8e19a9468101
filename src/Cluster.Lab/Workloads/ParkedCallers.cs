using System.Text;
using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Workloads;

/// <summary>
/// Callers that block in a known order: each call starts after the call before it was seen parked. The calls alternate
/// between the queues and the sets. A call on a set asks for both of its semaphores. The server gives each semaphore a
/// permit, one after the other, and the first permit alone must serve no call.
/// </summary>
internal sealed class ParkedCallers(
    WorkloadOptions options, WorkloadObjects objects, Caller caller, Clients clients, ClientLoops loops)
{
    private const int MostClients = 16;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    // SEM_UNDO: a process that ends after it was served leaves the set as if it had never called.
    private static readonly SemaphoreOperation[] Both =
        [new(0, -1, SemFlags.Undo), new(1, -1, SemFlags.Undo)];

    private readonly int _objectCount = objects.ParkedQueues.Length + objects.ParkedSets.Length;
    private readonly CancellationTokenSource _interrupt = new();
    private readonly List<(Task<Operation?> Task, RecordedCall Call)> _waiting = [];

    /// <summary>Parks all callers.</summary>
    public async Task ParkAsync(IIpcClient observer, CancellationToken cancelled)
    {
        var slots = Enumerable.Range(0, Math.Min(options.Parked, MostClients)).Select(_ => clients.AddSlot()).ToList();
        for (var i = 0; i < options.Parked; i++)
        {
            var slot = slots[i % slots.Count];
            var client = await slot.GetAsync(cancelled).ConfigureAwait(false);
            if (Begin(slot, client, i) is not { } parked) return;
            var expected = 1 + (i / _objectCount);
            while (AreAllParked && await CountAsync(observer, i, cancelled).ConfigureAwait(false) < expected)
                await Task.Delay(Poll, options.TimeProvider, cancelled).ConfigureAwait(false);
            if (AreAllParked) parked.Parked();
        }
    }

    /// <summary>
    /// Serves the callers one after another and waits until their calls complete. Cancels the calls that do not.
    /// </summary>
    /// <returns>False: a call had to be cancelled.</returns>
    public async Task<bool> ServeAsync(ClientSlot server, CancellationToken cancelled)
    {
        for (var i = 0; i < _waiting.Count; i++)
        {
            var client = await server.GetAsync(cancelled).ConfigureAwait(false);
            if (!IsSet(i, out var index))
            {
                var queue = LabQueue.Of(WorkloadObjects.ParkedQueue(index), objects.ParkedQueues[index]);
                await loops.SendTextAsync(server, client, queue, 1).ConfigureAwait(false);
                continue;
            }

            await AddPermitAsync(server, client, index, 0, cancelled).ConfigureAwait(false);
            await AddPermitAsync(server, client, index, 1, cancelled).ConfigureAwait(false);
        }

        var all = Task.WhenAll(_waiting.Select(one => one.Task));
        await Task.WhenAny(all,
            Task.Delay(options.Patience / 2, options.TimeProvider, cancelled)).ConfigureAwait(false);
        var left = _waiting.Where(one => !one.Task.IsCompleted).ToList();
        foreach (var (_, call) in left) call.Cancelled();
        await _interrupt.CancelAsync().ConfigureAwait(false);
        await Task.WhenAny(all,
            Task.Delay(options.Patience / 2, options.TimeProvider, cancelled)).ConfigureAwait(false);
        return left.Count == 0;
    }

    // A call that has completed belonged to a process that was lost. The objects' counts of waiters then no longer tell
    // which callers are parked.
    private bool AreAllParked => _waiting.TrueForAll(one => !one.Task.IsCompleted);

    // Even numbers: a queue; odd numbers: a set.
    private bool IsSet(int caller, out int index)
    {
        var turn = caller % _objectCount;
        var isSet = objects.ParkedSets.Length > 0 && int.IsOddInteger(turn);
        index = objects.ParkedSets.Length > 0 ? turn / 2 : turn;
        return isSet;
    }

    private async Task<long> CountAsync(IIpcClient observer, int caller, CancellationToken cancelled) =>
        IsSet(caller, out var index)
            ? (await observer.SemaphoreSets.Open(objects.ParkedSets[index]).StatAsync(true, cancelled)
                .ConfigureAwait(false)).Waiters
            : (await observer.MessageQueues.Open(objects.ParkedQueues[index]).StatAsync(true, cancelled)
                .ConfigureAwait(false)).Receivers;

    private Task<Operation?> AddPermitAsync(
        ClientSlot slot, NumberedClient client, int index, int number, CancellationToken cancelled)
    {
        SemaphoreOperation[] add = [new(number, 1)];
        var call = new Operation { Object = WorkloadObjects.ParkedSet(index), Call = CallKind.Semop, Semops = add };
        return caller.CallAsync(slot, client, call, async recorded =>
            recorded.Ok(await client.Ipc.SemaphoreSets.Open(objects.ParkedSets[index])
                .OperateAsync(add, cancellationToken: cancelled).ConfigureAwait(false)));
    }

    private RecordedCall? Begin(ClientSlot slot, NumberedClient client, int number)
    {
        RecordedCall? begun = null;
        var isSet = IsSet(number, out var index);
        var call = isSet
            ? new Operation { Object = WorkloadObjects.ParkedSet(index), Call = CallKind.Semop, Semops = Both }
            : new Operation { Object = WorkloadObjects.ParkedQueue(index), Call = CallKind.Receive };
        var task = caller.CallAsync(slot, client, call, async recorded =>
        {
            if (isSet)
            {
                var set = client.Ipc.SemaphoreSets.Open(objects.ParkedSets[index]);
                recorded.Ok(await set.OperateAsync(Both, cancellationToken: _interrupt.Token).ConfigureAwait(false));
                return;
            }

            var from = client.Ipc.MessageQueues.Open(objects.ParkedQueues[index]);
            var taken = await from.ReceiveAsync(cancellationToken: _interrupt.Token).ConfigureAwait(false);
            var text = Encoding.UTF8.GetString(taken.Text.Span);
            recorded.Received(taken.Type, text, taken.Revision);
            loops.NoteReceived(text);
        }, recorded => begun = recorded);
        if (begun is not null) _waiting.Add((task, begun));
        return begun;
    }
}
