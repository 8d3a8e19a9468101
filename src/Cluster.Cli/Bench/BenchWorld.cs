using System.Security.Cryptography;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Bench;

/// <summary>
/// The clients and the queues of a measurement. They live in a namespace of their own with raised limits, so that the
/// load never waits for room, nobody sees its queues, and one call removes everything: the cluster finishes it even if
/// the tool does not live to see it.
/// </summary>
internal sealed class BenchWorld(
    BenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect) : IAsyncDisposable
{
    /// <summary>The type of the load's messages.</summary>
    public const long LoadType = 1;

    private const long BacklogType = 2;
    private const long WaiterType = 1_000;
    private const int Mode = 0x180;
    private const int AtOnce = 256;
    private const int WaitersPerClient = 20_000;

    /// <summary>Queues of one process; it may touch a few more objects than these.</summary>
    private const int QueuesPerClient = Bounds.ObjectsPerProcess - 1_024;

    private static readonly TimeSpan ParkedPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(10);

    private readonly string _name = $"bench-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
    private readonly List<IIpcClient> _clients = [];
    private readonly List<IIpcClient> _waiting = [];
    private readonly List<Task> _waiters = [];
    private readonly List<IMessageQueue[]> _queues = [];
    private IIpcClient? _parent;
    private bool _isMade;

    /// <summary>Whether each process can have its share of the queues.</summary>
    public static bool Fits(BenchOptions options) => options.Objects <= (long)QueuesPerClient * options.Processes;

    /// <summary>The queues that a process uses: all, or its share if they are more than a process may touch.</summary>
    public IMessageQueue[] Queues(int client) => _queues[client];

    private bool IsShared => options.Objects <= QueuesPerClient;

    public async Task OpenAsync(Action<string> progress, CancellationToken cancelled)
    {
        progress("preparing");
        // As root: only it makes namespaces and sets limits.
        var root = options.Connection with
        {
            Uid = 0,
            Gid = 0,
            Window = Math.Clamp(options.Window + AtOnce, 1_024, Bounds.CallsPerProcess / 2),
        };
        _parent = await connect(root, cancelled);
        _isMade = true;
        await _parent.Namespaces.CreateAsync(_name, cancelled);
        var inside = root with { Namespace = $"{root.Namespace.TrimEnd('/')}/{_name}" };
        await SetLimitsAsync(inside, cancelled);
        // After the limits: a session knows from its beginning those that held then.
        for (var i = 0; i < options.Processes; i++) _clients.Add(await connect(inside, cancelled));
        await MakeQueuesAsync(cancelled);
        await FillAsync(cancelled);
        await BlockAsync(inside, cancelled);
    }

    /// <summary>What the node says about itself.</summary>
    public Task<NodeStatReply> StatAsync(CancellationToken cancelled) => _clients[0].StatAsync(cancelled);

    /// <summary>
    /// Removes everything, and waits until it is gone: otherwise the node would still be at it while somebody measures
    /// again.
    /// </summary>
    public async Task RemoveAsync(CancellationToken cancelled)
    {
        foreach (var client in _waiting.Concat(_clients)) await client.DisposeAsync();
        foreach (var waiter in _waiters) await waiter.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_isMade) return;
        await _parent!.Namespaces.RemoveAsync(_name, CancellationToken.None).WaitAsync(cancelled);
        _isMade = false;
    }

    /// <summary>What an interrupted measurement still does: no more than a user waits for.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(LeaveTimeout);
        try
        {
            await RemoveAsync(patience.Token);
        }
        catch (Exception exception) when (exception is IpcException or OperationCanceledException)
        {
            // It was never made, or is gone, or the cluster goes on removing it by itself.
        }

        if (_parent is not null) await _parent.DisposeAsync();
    }

    private async Task SetLimitsAsync(IpcClientOptions inside, CancellationToken cancelled)
    {
        await using var setter = await connect(inside, cancelled);
        await setter.Namespaces.SetLimitAsync("msgmax", Bounds.MessageBytes, cancelled);
        await setter.Namespaces.SetLimitAsync("msgmnb", int.MaxValue, cancelled);
        await setter.Namespaces.SetLimitAsync("msgmni", options.Objects, cancelled);
    }

    private async Task MakeQueuesAsync(CancellationToken cancelled)
    {
        var ids = new int[options.Objects];
        await InParallelAsync(ids.Length, cancelled, async index =>
        {
            var queue = await _clients[0].MessageQueues.CreateAsync(Mode, options.Volatile, cancelled);
            ids[index] = queue.Id;
        });
        var share = IsShared ? ids.Length : (ids.Length + _clients.Count - 1) / _clients.Count;
        for (var i = 0; i < _clients.Count; i++)
        {
            var own = IsShared ? ids : ids.Skip(i * share).Take(share);
            _queues.Add([.. own.Select(_clients[i].MessageQueues.Open)]);
        }
    }

    private async Task FillAsync(CancellationToken cancelled)
    {
        if (options.Backlog == 0) return;
        var text = new byte[options.Payload];
        foreach (var queues in _queues.Take(IsShared ? 1 : _queues.Count))
        {
            await InParallelAsync((long)queues.Length * options.Backlog, cancelled, async index =>
                await queues[index % queues.Length].SendAsync(BacklogType, text, null, cancelled));
        }
    }

    private async Task BlockAsync(IpcClientOptions inside, CancellationToken cancelled)
    {
        if (options.Waiters == 0) return;
        var first = _queues[0][0];
        for (var i = 0; i < options.Waiters; i++)
        {
            if (i % WaitersPerClient == 0) _waiting.Add(await connect(inside, cancelled));
            var type = WaiterType + (options.ManyTypes ? i : 0);
            var queue = _waiting[^1].MessageQueues.Open(first.Id);
            _waiters.Add(queue.ReceiveAsync(type).AsTask());
        }

        while ((await first.StatAsync(true, cancelled)).Receivers < options.Waiters)
        {
            if (_waiters.Find(waiter => waiter.IsCompleted) is { } ended) await ended;
            await Task.Delay(ParkedPoll, cancelled);
        }
    }

    private static Task InParallelAsync(long count, CancellationToken cancelled, Func<long, Task> action)
    {
        var bound = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancelled };
        return Parallel.ForAsync(0, count, bound, async (index, _) => await action(index));
    }
}
