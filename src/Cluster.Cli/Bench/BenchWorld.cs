namespace Cluster.Cli.Bench;

/// <summary>The queues of a measurement. Raised limits let no send wait for room.</summary>
internal sealed class BenchWorld(
    BenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : BenchPlace(options, connect)
{
    /// <summary>The type of the load's messages.</summary>
    public const long LoadType = 1;

    private const long BacklogType = 2;
    private const long WaiterType = 1_000;

    /// <summary>The most queues of one process. It may touch some objects more.</summary>
    private const int QueuesPerClient = Bounds.ObjectsPerProcess - 1_024;

    private readonly BenchOptions _options = options;
    private readonly List<IMessageQueue[]> _queues = [];

    /// <summary>Whether no process would have to touch more queues than it may.</summary>
    public static bool Fits(BenchOptions options) => options.Objects <= (long)QueuesPerClient * options.Processes;

    /// <summary>The queues that a process uses: all, or a share if one process may not touch all.</summary>
    public IMessageQueue[] Queues(int client) => _queues[client];

    private bool IsShared => _options.Objects <= QueuesPerClient;

    protected override async Task SetLimitsAsync(INamespace limits, CancellationToken cancelled)
    {
        await limits.SetLimitAsync("msgmax", Bounds.MessageBytes, cancelled);
        await limits.SetLimitAsync("msgmnb", int.MaxValue, cancelled);
        await limits.SetLimitAsync("msgmni", _options.Objects, cancelled);
    }

    protected override async Task MakeAsync(CancellationToken cancelled)
    {
        await MakeQueuesAsync(cancelled);
        await FillAsync(cancelled);
        var first = _queues[0][0];
        await ParkAsync(
            (client, number) => client.MessageQueues.Open(first.Id)
                .ReceiveAsync(WaiterType + (_options.ManyTypes ? number : 0)).AsTask(),
            async () => (await first.StatAsync(true, cancelled)).Receivers >= _options.Waiters,
            cancelled);
    }

    private async Task MakeQueuesAsync(CancellationToken cancelled)
    {
        var ids = await MakeIdsAsync(
            _options.Objects,
            async () => (await Clients[0].MessageQueues.CreateAsync(Mode, Lives, cancelled)).Id,
            cancelled);
        var share = IsShared ? ids.Length : (ids.Length + Clients.Count - 1) / Clients.Count;
        for (var i = 0; i < Clients.Count; i++)
        {
            var own = IsShared ? ids : ids.Skip(i * share).Take(share);
            _queues.Add([.. own.Select(Clients[i].MessageQueues.Open)]);
        }
    }

    private async Task FillAsync(CancellationToken cancelled)
    {
        if (_options.Backlog == 0) return;
        var text = new byte[_options.Payload];
        foreach (var queues in _queues.Take(IsShared ? 1 : _queues.Count))
        {
            await InParallelAsync((long)queues.Length * _options.Backlog, cancelled, async index =>
                await queues[index % queues.Length].SendAsync(BacklogType, text, null, cancelled));
        }
    }
}
