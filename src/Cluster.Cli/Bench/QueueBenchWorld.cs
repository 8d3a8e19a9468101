namespace Cluster.Cli.Bench;

/// <summary>The queues of a measurement, of any kind. Raised limits let no send wait for room.</summary>
internal abstract class QueueBenchWorld<TQueue, TMessage>(
    BenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : BenchPlace(options, connect)
{
    /// <summary>The most queues of one process. It may touch some objects more.</summary>
    private const int QueuesPerClient = Bounds.ObjectsPerProcess - 1_024;

    private readonly BenchOptions _options = options;
    private readonly List<TQueue[]> _queues = [];

    /// <summary>Whether no process would have to touch more queues than it may.</summary>
    public static bool Fits(BenchOptions options) => options.Objects <= (long)QueuesPerClient * options.Processes;

    /// <summary>The queues that a process uses: all, or a share if one process may not touch all.</summary>
    public TQueue[] Queues(int client) => _queues[client];

    /// <summary>Sends a message of the load.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="turn">The number of the turn.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancelled">Interrupts the call.</param>
    public abstract ValueTask SendAsync(
        TQueue queue, long turn, ReadOnlyMemory<byte> text, CancellationToken cancelled);

    /// <summary>Receives a message of the load.</summary>
    public abstract ValueTask<TMessage> ReceiveAsync(TQueue queue, CancellationToken cancelled);

    /// <summary>How many receivers are blocked.</summary>
    public abstract Task<long> ReceiversAsync(TQueue queue, CancellationToken cancelled);

    private bool IsShared => _options.Objects <= QueuesPerClient;

    /// <summary>Makes the queues with the numbers from 0, if opening them does not make them.</summary>
    protected abstract Task CreateAsync(int count, CancellationToken cancelled);

    /// <summary>Opens the queue with a number for a process.</summary>
    protected abstract ValueTask<TQueue> OpenAsync(IIpcClient client, int number, CancellationToken cancelled);

    /// <summary>Sends a message of the backlog.</summary>
    protected abstract ValueTask FillAsync(
        TQueue queue, long number, ReadOnlyMemory<byte> text, CancellationToken cancelled);

    protected override async Task MakeAsync(CancellationToken cancelled)
    {
        var count = _options.Objects;
        await CreateAsync(count, cancelled);
        var share = IsShared ? count : (count + Clients.Count - 1) / Clients.Count;
        for (var i = 0; i < Clients.Count; i++)
        {
            var (client, first) = (Clients[i], IsShared ? 0 : Math.Min(i * share, count));
            var queues = new TQueue[Math.Min(share, count - first)];
            await InParallelAsync(queues.Length, cancelled, async index =>
                queues[index] = await OpenAsync(client, first + (int)index, cancelled));
            _queues.Add(queues);
        }

        await FillAsync(cancelled);
    }

    private async Task FillAsync(CancellationToken cancelled)
    {
        if (_options.Backlog == 0) return;
        var text = new byte[_options.Payload];
        foreach (var queues in _queues.Take(IsShared ? 1 : _queues.Count))
        {
            await InParallelAsync((long)queues.Length * _options.Backlog, cancelled, async index =>
                await FillAsync(queues[index % queues.Length], index / queues.Length, text, cancelled));
        }
    }
}
