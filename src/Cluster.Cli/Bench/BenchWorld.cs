using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Bench;

/// <summary>The clients and the queues of a measurement, made before and removed after it.</summary>
internal sealed class BenchWorld(BenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : IAsyncDisposable
{
    /// <summary>The type of the load's messages.</summary>
    public const long LoadType = 1;

    private const long BacklogType = 2;
    private const long WaiterType = 1_000;
    private const int AtOnce = 256;
    private const int WaitersPerClient = 20_000;

    private readonly List<IIpcClient> _clients = [];
    private readonly List<IIpcClient> _waiting = [];
    private readonly List<int> _queues = [];
    private readonly CancellationTokenSource _leave = new();
    private readonly List<Task> _waiters = [];

    public IReadOnlyList<IIpcClient> Clients => _clients;

    public IMessageQueue Queue(int client, int index) =>
        _clients[client].MessageQueues.Open(_queues[index % _queues.Count]);

    public async Task OpenAsync(CancellationToken cancelled)
    {
        // As root: msg_qbytes is raised beyond msgmnb, so that the load never waits for room.
        var connection = options.Connection with
        {
            Uid = 0, Gid = 0, Window = Math.Clamp(options.Window + AtOnce, 1024, Bounds.CallsPerProcess / 2),
        };
        for (var i = 0; i < options.Processes; i++) _clients.Add(await connect(connection, cancelled));
        await InParallelAsync(options.Objects, async _ =>
        {
            var queue = await _clients[0].MessageQueues.CreateAsync(0x180, options.Volatile, cancelled);
            lock (_queues) _queues.Add(queue.Id);
            await queue.SetAsync(0, 0, 0x180, 1UL << 40, cancelled);
        });
        foreach (var id in _queues) await FillAsync(_clients[0].MessageQueues.Open(id), cancelled);
        await BlockAsync(connection, cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        await _leave.CancelAsync();
        foreach (var waiter in _waiters) await waiter.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_clients.Count > 0) await InParallelAsync(_queues.Count, RemoveAsync);
        foreach (var client in _waiting.Concat(_clients)) await client.DisposeAsync();
        _leave.Dispose();
    }

    private async Task RemoveAsync(int index)
    {
        try
        {
            await _clients[0].MessageQueues.Open(_queues[index]).RemoveAsync();
        }
        catch (IpcException)
        {
            // What is gone already, or cannot be reached any more, is left.
        }
    }

    private async Task FillAsync(IMessageQueue queue, CancellationToken cancelled)
    {
        var text = new byte[options.Payload];
        await InParallelAsync(options.Backlog, async _ => await queue.SendAsync(BacklogType, text, null, cancelled));
    }

    private async Task BlockAsync(IpcClientOptions connection, CancellationToken cancelled)
    {
        if (options.Waiters == 0) return;
        for (var i = 0; i < options.Waiters; i++)
        {
            if (i % WaitersPerClient == 0) _waiting.Add(await connect(connection, cancelled));
            var type = WaiterType + (options.ManyTypes ? i : 0);
            var queue = _waiting[^1].MessageQueues.Open(_queues[0]);
            _waiters.Add(queue.ReceiveAsync(type, cancellationToken: _leave.Token).AsTask());
        }

        var first = _clients[0].MessageQueues.Open(_queues[0]);
        while ((await first.StatAsync(true, cancelled)).Receivers < options.Waiters) cancelled.ThrowIfCancellationRequested();
    }

    private static async Task InParallelAsync(int count, Func<int, Task> action)
    {
        var bound = new ParallelOptions { MaxDegreeOfParallelism = AtOnce };
        await Parallel.ForAsync(0, count, bound, async (index, _) => await action(index));
    }
}
