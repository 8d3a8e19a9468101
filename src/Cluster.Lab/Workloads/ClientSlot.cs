namespace Cluster.Lab.Workloads;

/// <summary>The present client of a loop. A client that loses its process is replaced at the next use.</summary>
internal sealed class ClientSlot(Func<CancellationToken, Task<NumberedClient>> connect)
{
    private readonly SemaphoreSlim _connecting = new(1);
    private NumberedClient? _client;

    /// <summary>The present client. Connects a new one if there is none.</summary>
    public async ValueTask<NumberedClient> GetAsync(CancellationToken cancelled)
    {
        if (Volatile.Read(ref _client) is { } present) return present;
        await _connecting.WaitAsync(cancelled).ConfigureAwait(false);
        try
        {
            return _client ??= await connect(cancelled).ConfigureAwait(false);
        }
        finally
        {
            _connecting.Release();
        }
    }

    /// <summary>Removes a client that lost its process. False: another caller removed it before.</summary>
    public bool TryRemove(NumberedClient lost) => Interlocked.CompareExchange(ref _client, null, lost) == lost;

    /// <summary>The present client; null: there is none.</summary>
    public NumberedClient? Current => Volatile.Read(ref _client);
}
