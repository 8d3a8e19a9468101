using System.Diagnostics;

namespace Cluster.Cli.Bench;

/// <summary>
/// Load on queues, in one of three modes. Load: each slot of a process sends a message and then receives one, on queue
/// after queue, so the queues stay nearly empty and no receive waits for long; a call is one send or one receive.
/// Sequential: one send at a time. Wake: the time from just before a send to the continuation of a blocked receiver.
/// </summary>
internal sealed class MsgBench(BenchOptions options, BenchWorld world, Action<string> progress)
{
    private const int DrainEvery = 1_000;

    // With a backlog, receivers choose the load's messages by type. Without one they take the first message.
    private readonly long _type = options.Backlog > 0 ? BenchWorld.LoadType : 0;
    private readonly byte[] _text = new byte[options.Payload];
    private readonly Slots _slots = new(options, progress);

    public Task<BenchReport> RunAsync(CancellationToken cancelled) => options.Mode switch
    {
        BenchMode.Sequential => SequentialAsync(world.Queues(0)[0], cancelled),
        BenchMode.Wake => WakeAsync(world.Queues(0)[0], world.Queues(1)[0], cancelled),
        _ => _slots.RunAsync(options.Processes * options.Window, SlotAsync, null, cancelled),
    };

    private async Task SlotAsync(int slot)
    {
        var queues = world.Queues(slot / options.Window);
        for (long turn = slot; _slots.Goes(); turn += options.Window)
        {
            var queue = queues[turn % queues.Length];
            var from = Stopwatch.GetTimestamp();
            await queue.SendAsync(BenchWorld.LoadType, _text);
            var between = Stopwatch.GetTimestamp();
            _slots.Add(from, between);
            await queue.ReceiveAsync(_type);
            _slots.Add(between, Stopwatch.GetTimestamp());
        }
    }

    private Task<BenchReport> SequentialAsync(IMessageQueue queue, CancellationToken cancelled) =>
        new SingleCalls(options, progress).SequentialAsync(
            _ => queue.SendAsync(BenchWorld.LoadType, _text, null, cancelled),
            async number =>
            {
                if (number == 0 || number % DrainEvery != 0) return false;
                await Task.WhenAll(Enumerable.Range(0, DrainEvery).Select(_ =>
                    queue.ReceiveAsync(BenchWorld.LoadType, cancellationToken: cancelled).AsTask()));
                return true;
            });

    // --waiters are always blocked, so the receiver is blocked when there is one more.
    private Task<BenchReport> WakeAsync(IMessageQueue sender, IMessageQueue receiver, CancellationToken cancelled) =>
        new SingleCalls(options, progress).WakeAsync(
            () => receiver.ReceiveAsync(BenchWorld.LoadType, cancellationToken: cancelled).AsTask(),
            async () => (await sender.StatAsync(true, cancelled)).Receivers > options.Waiters,
            () => sender.SendAsync(BenchWorld.LoadType, _text, null, cancelled).AsTask());
}
