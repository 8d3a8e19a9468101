using System.Text;
using Cluster.Client;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Workloads;

/// <summary>Callers that block one after another, each when the one before was seen to wait: their order is
/// known.</summary>
internal sealed class Line(WorkloadOptions options, World world, Caller caller, Crew crew, Traffic traffic)
{
    private const int MostClients = 16;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

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
            var queue = i % world.ParkedQueues.Length;
            if (Begin(place, seat, queue) is not { } parked) return;
            var stat = observer.MessageQueues.Open(world.ParkedQueues[queue]);
            var expected = 1 + (i / world.ParkedQueues.Length);
            while ((await stat.StatAsync(true, cancelled).ConfigureAwait(false)).Receivers < expected)
                await Task.Delay(Poll, options.TimeProvider, cancelled).ConfigureAwait(false);
            parked.Parked();
        }
    }

    /// <summary>Sends a message for each, one after another, and sees them go; who is left over is cancelled.</summary>
    public async Task ServeAsync(Place sender, CancellationToken cancelled)
    {
        for (var i = 0; i < _waiting.Count; i++)
        {
            var queue = i % world.ParkedQueues.Length;
            var seat = await sender.GetAsync(cancelled).ConfigureAwait(false);
            await traffic.PutAsync(sender, seat, (World.ParkedQueue(queue), world.ParkedQueues[queue]), 1)
                .ConfigureAwait(false);
        }

        var all = Task.WhenAll(_waiting.Select(one => one.Task));
        await Task.WhenAny(all,
            Task.Delay(options.Patience / 2, options.TimeProvider, cancelled)).ConfigureAwait(false);
        foreach (var (_, call) in _waiting.Where(one => !one.Task.IsCompleted)) call.Cancelled();
        await _leave.CancelAsync().ConfigureAwait(false);
        await Task.WhenAny(all,
            Task.Delay(options.Patience / 2, options.TimeProvider, cancelled)).ConfigureAwait(false);
    }

    private RecordedCall? Begin(Place place, Seat seat, int index)
    {
        RecordedCall? begun = null;
        var call = new Operation { Object = World.ParkedQueue(index), Call = CallKind.Receive };
        var task = caller.CallAsync(place, seat, call, async recorded =>
        {
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
