using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Workloads;

/// <summary>
/// Callers whose calls always time out, because nobody serves their objects. Each has an object and a time-out of its
/// own. The history has the time-outs, so that a checker sees which came early or late.
/// </summary>
internal sealed class TimedCallers(Caller caller, Clients clients)
{
    private static readonly TimeSpan[] Timeouts =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(10)];

    private readonly List<(ClientSlot Slot, string Name, int Id, TimeSpan Timeout)> _queues = [];
    private readonly List<(ClientSlot Slot, string Name, int Id, TimeSpan Timeout)> _sets = [];

    /// <summary>Creates the objects. Each time-out is for a queue and for a set.</summary>
    public async Task PrepareAsync(IIpcClient client, CancellationToken cancelled)
    {
        for (var i = 0; i < Timeouts.Length; i++)
        {
            var queue = await client.MessageQueues.CreateAsync(cancellationToken: cancelled).ConfigureAwait(false);
            var set = await client.SemaphoreSets.CreateAsync(1, cancellationToken: cancelled).ConfigureAwait(false);
            _queues.Add((clients.AddSlot(), $"timed:{i}", queue.Id, Timeouts[i]));
            _sets.Add((clients.AddSlot(), $"timed-set:{i}", set.Id, Timeouts[i]));
            await _queues[^1].Slot.GetAsync(cancelled).ConfigureAwait(false);
            await _sets[^1].Slot.GetAsync(cancelled).ConfigureAwait(false);
        }
    }

    /// <summary>A loop for each caller, which ends after the time-out that is under way.</summary>
    public IEnumerable<Func<CancellationToken, Task>> Loops =>
    [
        .. _queues.Select(one => Loop(one, ReceiveAsync)), .. _sets.Select(one => Loop(one, TakeAsync)),
    ];

    /// <summary>Reads the sets, after all calls have ended.</summary>
    public async Task DrainAsync(CancellationToken cancelled)
    {
        foreach (var (slot, name, id, _) in _sets)
        {
            var client = await slot.GetAsync(cancelled).ConfigureAwait(false);
            var call = new Operation { Object = name, Call = CallKind.GetValues };
            await caller.CallAsync(slot, client, call, async recorded =>
                recorded.Returned(await client.Ipc.SemaphoreSets.Open(id).GetAllAsync(cancelled)
                    .ConfigureAwait(false))).ConfigureAwait(false);
        }
    }

    private static Func<CancellationToken, Task> Loop(
        (ClientSlot Slot, string Name, int Id, TimeSpan Timeout) one,
        Func<(ClientSlot Slot, string Name, int Id, TimeSpan Timeout), NumberedClient, Task<Operation?>> call) =>
        async stop =>
        {
            while (!stop.IsCancellationRequested)
            {
                var client = await one.Slot.GetAsync(stop).ConfigureAwait(false);
                if (await call(one, client).ConfigureAwait(false) is null) return;
            }
        };

    private Task<Operation?> ReceiveAsync(
        (ClientSlot Slot, string Name, int Id, TimeSpan Timeout) one, NumberedClient client) =>
        caller.CallAsync(one.Slot, client, Call(one, CallKind.Receive), async recorded =>
        {
            var message = await client.Ipc.MessageQueues.Open(one.Id).ReceiveAsync(timeout: one.Timeout)
                .ConfigureAwait(false);
            recorded.Received(message.Type, "", message.Revision);
        });

    private Task<Operation?> TakeAsync(
        (ClientSlot Slot, string Name, int Id, TimeSpan Timeout) one, NumberedClient client)
    {
        SemaphoreOperation[] take = [new(0, -1)];
        return caller.CallAsync(
            one.Slot, client, Call(one, CallKind.Semop) with { Semops = take }, async recorded =>
            {
                var revision = await client.Ipc.SemaphoreSets.Open(one.Id).TryOperateAsync(take, one.Timeout)
                    .ConfigureAwait(false);
                if (revision is { } at) recorded.Ok(at);
                else recorded.Refused(Errno.EAGAIN);
            });
    }

    private static Operation Call((ClientSlot Slot, string Name, int Id, TimeSpan Timeout) one, CallKind kind) => new()
    {
        Object = one.Name, Call = kind, TimeoutNs = (long)(one.Timeout.TotalMilliseconds * 1e6),
    };
}
