using System.Collections.Concurrent;
using Cluster.Client;

namespace Cluster.Lab.Workloads;

/// <summary>All clients: gives out their numbers, replaces those that lost their process, disposes of them.</summary>
internal sealed class Crew(Func<CancellationToken, Task<IIpcClient>> connect, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentBag<Place> _places = [];
    private readonly ConcurrentQueue<IIpcClient> _left = new();
    private int _numbers = -1;
    private int _lost;

    /// <summary>How many have lost their process.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>A place, which is empty until somebody is asked for.</summary>
    public Place Hire()
    {
        var place = new Place(SeatAsync);
        _places.Add(place);
        return place;
    }

    /// <summary>The process of whoever sits there is lost.</summary>
    public void Leave(Place place, Seat seat)
    {
        if (!place.Leave(seat)) return;
        Interlocked.Increment(ref _lost);
        _left.Enqueue(seat.Client);
    }

    public async ValueTask DisposeAsync()
    {
        var there = _places.Select(place => place.Current?.Client).OfType<IIpcClient>().Concat(_left);
        await Task.WhenAll(there.Select(client => client.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    private async Task<Seat> SeatAsync(CancellationToken cancelled)
    {
        while (true)
        {
            try
            {
                // One that is gone has nothing to take leave of; its place in memory is free now.
                while (_left.TryDequeue(out var old)) await old.DisposeAsync().ConfigureAwait(false);
                var client = await connect(cancelled).ConfigureAwait(false);
                return new Seat(Interlocked.Increment(ref _numbers), client);
            }
            catch (IpcConnectException)
            {
                await Task.Delay(Retry, time, cancelled).ConfigureAwait(false);
            }
        }
    }
}
