using System.Collections.Concurrent;
using Cluster.Client;

namespace Cluster.Lab.Workloads;

/// <summary>
/// All clients of a workload: numbers them, replaces those that lost their process, and disposes of them.
/// </summary>
internal sealed class Clients(Func<CancellationToken, Task<IIpcClient>> connect, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentBag<ClientSlot> _slots = [];
    private readonly ConcurrentQueue<IIpcClient> _replaced = new();
    private int _numbers = -1;
    private int _lost;

    /// <summary>The number of clients that lost their process.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>Adds a slot. Its client is connected at the first use.</summary>
    public ClientSlot AddSlot()
    {
        var slot = new ClientSlot(ConnectAsync);
        _slots.Add(slot);
        return slot;
    }

    /// <summary>The client in a slot has lost its process.</summary>
    public void ProcessLost(ClientSlot slot, NumberedClient client)
    {
        if (!slot.TryRemove(client)) return;
        Interlocked.Increment(ref _lost);
        _replaced.Enqueue(client.Ipc);
    }

    public async ValueTask DisposeAsync()
    {
        var all = _slots.Select(slot => slot.Current?.Ipc).OfType<IIpcClient>().Concat(_replaced);
        await Task.WhenAll(all.Select(ipc => ipc.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    private async Task<NumberedClient> ConnectAsync(CancellationToken cancelled)
    {
        while (true)
        {
            try
            {
                // The process of a replaced client has ended, so its disposal only frees memory.
                while (_replaced.TryDequeue(out var old)) await old.DisposeAsync().ConfigureAwait(false);
                var ipc = await connect(cancelled).ConfigureAwait(false);
                return new NumberedClient(Interlocked.Increment(ref _numbers), ipc);
            }
            catch (IpcConnectException)
            {
                await Task.Delay(Retry, time, cancelled).ConfigureAwait(false);
            }
        }
    }
}
