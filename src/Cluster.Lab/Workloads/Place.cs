namespace Cluster.Lab.Workloads;

/// <summary>Where a client sits: whoever finds that its process is lost puts a new one there.</summary>
internal sealed class Place(Func<CancellationToken, Task<Seat>> seat)
{
    private readonly SemaphoreSlim _door = new(1);
    private Seat? _seat;

    /// <summary>Who sits here now.</summary>
    public async ValueTask<Seat> GetAsync(CancellationToken cancelled)
    {
        if (Volatile.Read(ref _seat) is { } there) return there;
        await _door.WaitAsync(cancelled).ConfigureAwait(false);
        try
        {
            return _seat ??= await seat(cancelled).ConfigureAwait(false);
        }
        finally
        {
            _door.Release();
        }
    }

    /// <summary>Whether this was still the one who sat here: then nobody does now.</summary>
    public bool Leave(Seat lost) => Interlocked.CompareExchange(ref _seat, null, lost) == lost;

    /// <summary>Who sits here, if anybody does.</summary>
    public Seat? Current => Volatile.Read(ref _seat);
}
