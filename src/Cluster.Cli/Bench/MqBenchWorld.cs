namespace Cluster.Cli.Bench;

/// <summary>The POSIX message queues of a measurement. Each process has a descriptor for each of its queues.</summary>
/// <param name="options">What to measure.</param>
/// <param name="priorities">How many priorities the messages have, in turn.</param>
/// <param name="connect">Makes a process.</param>
internal sealed class MqBenchWorld(
    BenchOptions options, int priorities, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : QueueBenchWorld<IPosixMessageQueue, PosixMessage>(options, connect)
{
    // A prime number, so that the priorities of one turn after the other are far apart and all of them come.
    private const long Step = 7_919;

    private readonly BenchOptions _options = options;

    public override ValueTask SendAsync(
        IPosixMessageQueue queue, long turn, ReadOnlyMemory<byte> text, CancellationToken cancelled) =>
        queue.SendAsync(text, (int)(turn * Step % priorities), cancellationToken: cancelled);

    public override ValueTask<PosixMessage> ReceiveAsync(IPosixMessageQueue queue, CancellationToken cancelled) =>
        queue.ReceiveAsync(cancellationToken: cancelled);

    public override async Task<long> ReceiversAsync(IPosixMessageQueue queue, CancellationToken cancelled) =>
        (await queue.GetAttributesAsync(cancelled)).Receivers;

    // The other limits do not hold for uid 0.
    protected override Task SetLimitsAsync(INamespace limits, CancellationToken cancelled) =>
        limits.SetLimitAsync("mqueue_queues_max", _options.Objects, cancelled);

    protected override Task CreateAsync(int count, CancellationToken cancelled) => Task.CompletedTask;

    protected override async ValueTask<IPosixMessageQueue> OpenAsync(
        IIpcClient client, int number, CancellationToken cancelled) => await client.PosixMessageQueues.OpenAsync(
        $"/bench{number}", OpenFlags.ReadWrite | OpenFlags.Create, Mode,
        new PosixQueueSize(Bounds.MqueueMessages, Math.Max(1, _options.Payload)), Lives, cancelled);

    protected override ValueTask FillAsync(
        IPosixMessageQueue queue, long number, ReadOnlyMemory<byte> text, CancellationToken cancelled) =>
        SendAsync(queue, number, text, cancelled);
}
