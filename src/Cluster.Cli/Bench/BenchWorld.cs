namespace Cluster.Cli.Bench;

/// <summary>The message queues of a measurement.</summary>
internal sealed class BenchWorld(
    BenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : QueueBenchWorld<IMessageQueue, IpcMessage>(options, connect)
{
    private const long LoadType = 1;
    private const long BacklogType = 2;
    private const long WaiterType = 1_000;

    private readonly BenchOptions _options = options;
    private int[] _ids = [];

    // With a backlog, receivers choose the load's messages by type. Without one they take the first message.
    private readonly long _type = options.Backlog > 0 ? LoadType : 0;

    public override ValueTask SendAsync(
        IMessageQueue queue, long turn, ReadOnlyMemory<byte> text, CancellationToken cancelled) =>
        queue.SendAsync(LoadType, text, null, cancelled);

    public override ValueTask<IpcMessage> ReceiveAsync(IMessageQueue queue, CancellationToken cancelled) =>
        queue.ReceiveAsync(_type, cancellationToken: cancelled);

    public override async Task<long> ReceiversAsync(IMessageQueue queue, CancellationToken cancelled) =>
        (await queue.StatAsync(true, cancelled)).Receivers;

    protected override async Task SetLimitsAsync(INamespace limits, CancellationToken cancelled)
    {
        await limits.SetLimitAsync("msgmax", Bounds.MessageBytes, cancelled);
        await limits.SetLimitAsync("msgmnb", int.MaxValue, cancelled);
        await limits.SetLimitAsync("msgmni", _options.Objects, cancelled);
    }

    protected override async Task CreateAsync(int count, CancellationToken cancelled) => _ids = await MakeIdsAsync(
        count, async () => (await Clients[0].MessageQueues.CreateAsync(Mode, Lives, cancelled)).Id, cancelled);

    protected override ValueTask<IMessageQueue> OpenAsync(
        IIpcClient client, int number, CancellationToken cancelled) =>
        ValueTask.FromResult(client.MessageQueues.Open(_ids[number]));

    protected override ValueTask FillAsync(
        IMessageQueue queue, long number, ReadOnlyMemory<byte> text, CancellationToken cancelled) =>
        queue.SendAsync(BacklogType, text, null, cancelled);

    protected override async Task MakeAsync(CancellationToken cancelled)
    {
        await base.MakeAsync(cancelled);
        var first = Queues(0)[0];
        await ParkAsync(
            (client, number) => client.MessageQueues.Open(first.Id)
                .ReceiveAsync(WaiterType + (_options.ManyTypes ? number : 0)).AsTask(),
            async () => await ReceiversAsync(first, cancelled) >= _options.Waiters,
            cancelled);
    }
}
