using System.Text;
using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Workloads;

/// <summary>
/// Callers that block one after another, each when the one before was seen to wait: their order is known. They take
/// turns at the queues and the sets. Who waits at a set asks for both of its semaphores, which get a permit each, one
/// after the other: the first alone is for nobody.
/// </summary>
internal sealed class Line(WorkloadOptions options, World world, Caller caller, Crew crew, Traffic traffic)
{
    private const int MostClients = 16;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    // A process that dies after it was served leaves the set as if it had never waited.
    private static readonly SemaphoreOperation[] Both =
        [new(0, -1, SemFlags.Undo), new(1, -1, SemFlags.Undo)];

    private readonly int _objects = world.ParkedQueues.Length + world.ParkedSets.Length;
    private readonly CancellationTokenSource _leave = new();
    private readonly List<(Task<Operation?> Task, RecordedCall Call)> _waiting = [];

    /// <summary>Parks them all.</summary>
    public async Task ParkAsync(IIpcClient observer, CancellationToken cancelled)
    {
        var places = Enumerable.Range(0, Math.Min(options.Parked, MostClients)).Select(_ => crew.Hire()).ToList();
        for (var i = 0; i < options.Parked; i++)
        {
            var place = places[i % places.Count];
            var seat = await place.GetAsync(cancelled).ConfigureAwait(false);
            if (Begin(place, seat, i) is not { } parked) return;
            var expected = 1 + (i / _objects);
            while (IsWhole && await CountAsync(observer, i, cancelled).ConfigureAwait(false) < expected)
                await Task.Delay(Poll, options.TimeProvider, cancelled).ConfigureAwait(false);
            if (IsWhole) parked.Parked();
        }
    }

    /// <summary>Gives each what it waits for, one after another, and sees them go; who is left over is
    /// cancelled.</summary>
    /// <returns>False: somebody was.</returns>
    public async Task<bool> ServeAsync(Place server, CancellationToken cancelled)
    {
        for (var i = 0; i < _waiting.Count; i++)
        {
            var seat = await server.GetAsync(cancelled).ConfigureAwait(false);
            if (!IsSet(i, out var index))
            {
                await traffic.PutAsync(server, seat, (World.ParkedQueue(index), world.ParkedQueues[index]), 1)
                    .ConfigureAwait(false);
                continue;
            }

            await GiveAsync(server, seat, index, 0, cancelled).ConfigureAwait(false);
            await GiveAsync(server, seat, index, 1, cancelled).ConfigureAwait(false);
        }

        var all = Task.WhenAll(_waiting.Select(one => one.Task));
        await Task.WhenAny(all,
            Task.Delay(options.Patience / 2, options.TimeProvider, cancelled)).ConfigureAwait(false);
        var left = _waiting.Where(one => !one.Task.IsCompleted).ToList();
        foreach (var (_, call) in left) call.Cancelled();
        await _leave.CancelAsync().ConfigureAwait(false);
        await Task.WhenAny(all,
            Task.Delay(options.Patience / 2, options.TimeProvider, cancelled)).ConfigureAwait(false);
        return left.Count == 0;
    }

    // If not, somebody has lost his process: what the objects count does not tell any more whom they have parked.
    private bool IsWhole => _waiting.TrueForAll(one => !one.Task.IsCompleted);

    // Queues and sets in turns.
    private bool IsSet(int caller, out int index)
    {
        var turn = caller % _objects;
        var isSet = world.ParkedSets.Length > 0 && int.IsOddInteger(turn);
        index = world.ParkedSets.Length > 0 ? turn / 2 : turn;
        return isSet;
    }

    private async Task<long> CountAsync(IIpcClient observer, int caller, CancellationToken cancelled) =>
        IsSet(caller, out var index)
            ? (await observer.SemaphoreSets.Open(world.ParkedSets[index]).StatAsync(true, cancelled)
                .ConfigureAwait(false)).Waiters
            : (await observer.MessageQueues.Open(world.ParkedQueues[index]).StatAsync(true, cancelled)
                .ConfigureAwait(false)).Receivers;

    private Task<Operation?> GiveAsync(Place place, Seat seat, int index, int number, CancellationToken cancelled)
    {
        SemaphoreOperation[] give = [new(number, 1)];
        var call = new Operation { Object = World.ParkedSet(index), Call = CallKind.Semop, Semops = give };
        return caller.CallAsync(place, seat, call, async recorded =>
            recorded.Ok(await seat.Client.SemaphoreSets.Open(world.ParkedSets[index])
                .OperateAsync(give, cancellationToken: cancelled).ConfigureAwait(false)));
    }

    private RecordedCall? Begin(Place place, Seat seat, int number)
    {
        RecordedCall? begun = null;
        var isSet = IsSet(number, out var index);
        var call = isSet
            ? new Operation { Object = World.ParkedSet(index), Call = CallKind.Semop, Semops = Both }
            : new Operation { Object = World.ParkedQueue(index), Call = CallKind.Receive };
        var task = caller.CallAsync(place, seat, call, async recorded =>
        {
            if (isSet)
            {
                var set = seat.Client.SemaphoreSets.Open(world.ParkedSets[index]);
                recorded.Ok(await set.OperateAsync(Both, cancellationToken: _leave.Token).ConfigureAwait(false));
                return;
            }

            var from = seat.Client.MessageQueues.Open(world.ParkedQueues[index]);
            var taken = await from.ReceiveAsync(cancellationToken: _leave.Token).ConfigureAwait(false);
            var text = Encoding.UTF8.GetString(taken.Text.Span);
            recorded.Received(taken.Type, text, taken.Revision);
            traffic.Came(text);
        }, recorded => begun = recorded);
        if (begun is not null) _waiting.Add((task, begun));
        return begun;
    }
}
