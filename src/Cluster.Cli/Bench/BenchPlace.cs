using System.Security.Cryptography;

namespace Cluster.Cli.Bench;

/// <summary>
/// The namespace, the objects and the clients of a measurement. In a namespace of its own nobody sees its objects, and
/// one call removes all of them. The cluster finishes that call even if the tool ends before.
/// </summary>
internal abstract class BenchPlace(
    BenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect) : IAsyncDisposable
{
    private const int StatAttempts = 6;

    /// <summary>Read and write for the owner.</summary>
    protected const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const int AtOnce = 256;
    private const int WaitersPerClient = 20_000;

    private static readonly TimeSpan ParkedPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(10);

    private readonly string _name = $"bench-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
    private readonly List<IIpcClient> _clients = [];
    private readonly List<IIpcClient> _waiting = [];
    private readonly List<Task> _waiters = [];
    private IIpcClient? _parent;
    private IpcClientOptions? _inside;
    private bool _isMade;

    /// <summary>The client processes, each with its own stream.</summary>
    protected IReadOnlyList<IIpcClient> Clients => _clients;

    /// <summary>Makes the namespace, the clients and the objects.</summary>
    public async Task OpenAsync(Action<string> progress, CancellationToken cancelled)
    {
        progress("preparing");
        // As root, because only root may make namespaces and set limits.
        var root = options.Connection with
        {
            Uid = 0,
            Gid = 0,
            MsgqueueLimit = long.MaxValue,
            MaxCallsInFlight = Math.Clamp(options.Window + AtOnce, 1_024, Bounds.CallsPerProcess / 2),
        };
        _parent = await connect(root, cancelled);
        _isMade = true;
        await _parent.Namespace.CreateChildAsync(_name, cancelled);
        _inside = root with { Namespace = $"{root.Namespace.TrimEnd('/')}/{_name}" };
        await using (var setter = await connect(_inside, cancelled)) await SetLimitsAsync(setter.Namespace, cancelled);
        // After the limits were set, so that each session begins with them.
        for (var i = 0; i < options.Processes; i++) _clients.Add(await connect(_inside, cancelled));
        await MakeAsync(cancelled);
    }

    /// <summary>The durability of the objects.</summary>
    protected Durability Lives => options.Volatile ? Durability.Volatile : Durability.Durable;

    /// <summary>
    /// The counters of the node. A busy node may not answer in time, and a measurement should not be lost for that.
    /// </summary>
    public async Task<NodeStatus> StatAsync(CancellationToken cancelled)
    {
        for (var left = StatAttempts; ; left--)
        {
            try
            {
                return await _clients[0].StatAsync(cancelled);
            }
            catch (IpcConnectException) when (left > 1)
            {
                // Asked again.
            }
        }
    }

    /// <summary>
    /// Removes everything and waits until it is gone. Otherwise the node would still be removing objects during the
    /// next measurement.
    /// </summary>
    public async Task RemoveAsync(CancellationToken cancelled)
    {
        foreach (var client in _waiting.Concat(_clients)) await client.DisposeAsync();
        foreach (var waiter in _waiters) await waiter.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_isMade) return;
        await _parent!.Namespace.RemoveChildAsync(_name, CancellationToken.None).WaitAsync(cancelled);
        _isMade = false;
    }

    /// <summary>Removes everything after an interrupt, for a bounded time.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(LeaveTimeout);
        try
        {
            await RemoveAsync(patience.Token);
        }
        catch (Exception exception) when (exception is IpcException or OperationCanceledException)
        {
            // The namespace was never made, is gone already, or the cluster goes on removing it.
        }

        if (_parent is not null) await _parent.DisposeAsync();
    }

    /// <summary>Raises the limits of the namespace to what the measurement needs.</summary>
    protected abstract Task SetLimitsAsync(INamespace limits, CancellationToken cancelled);

    /// <summary>Makes the objects and what is in them.</summary>
    protected abstract Task MakeAsync(CancellationToken cancelled);

    /// <summary>Makes objects, some at a time; returns their ids in order.</summary>
    protected static async Task<int[]> MakeIdsAsync(int count, Func<Task<int>> make, CancellationToken cancelled)
    {
        var ids = new int[count];
        await InParallelAsync(count, cancelled, async index => ids[index] = await make());
        return ids;
    }

    protected static Task InParallelAsync(long count, CancellationToken cancelled, Func<long, Task> action)
    {
        var bound = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancelled };
        return Parallel.ForAsync(0, count, bound, async (index, _) => await action(index));
    }

    /// <summary>Starts the calls of the waiters, and waits until all of them are blocked.</summary>
    /// <param name="block">Makes the call of a waiter, given the waiter's number.</param>
    /// <param name="areParked">Whether all calls are blocked.</param>
    /// <param name="cancelled">Gives up.</param>
    protected async Task ParkAsync(
        Func<IIpcClient, int, Task> block, Func<Task<bool>> areParked, CancellationToken cancelled)
    {
        for (var i = 0; i < options.Waiters; i++)
        {
            if (i % WaitersPerClient == 0) _waiting.Add(await connect(_inside!, cancelled));
            _waiters.Add(block(_waiting[^1], i));
        }

        while (!await areParked())
        {
            if (_waiters.Find(waiter => waiter.IsCompleted) is { } ended) await ended;
            await Task.Delay(ParkedPoll, cancelled);
        }
    }
}
