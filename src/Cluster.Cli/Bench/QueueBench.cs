using System.Diagnostics;

namespace Cluster.Cli.Bench;

/// <summary>
/// Load on queues, in one of three modes. Load: each slot of a process sends a message and then receives one, on queue
/// after queue, so the queues stay nearly empty and no receive waits for long; a call is one send or one receive.
/// Sequential: one send at a time. Wake: the time from just before a send to the continuation of a blocked receiver.
/// </summary>
internal sealed class QueueBench<TQueue, TMessage>(
    BenchOptions options, QueueBenchWorld<TQueue, TMessage> world, Action<string> progress)
{
    private const int DrainEvery = 1_000;

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
            await world.SendAsync(queue, turn, _text, CancellationToken.None);
            var between = Stopwatch.GetTimestamp();
            _slots.Add(from, between);
            await world.ReceiveAsync(queue, CancellationToken.None);
            _slots.Add(between, Stopwatch.GetTimestamp());
        }
    }

    private Task<BenchReport> SequentialAsync(TQueue queue, CancellationToken cancelled) =>
        new SingleCalls(options, progress).SequentialAsync(
            number => world.SendAsync(queue, number, _text, cancelled),
            async number =>
            {
                if (number == 0 || number % DrainEvery != 0) return false;
                await Task.WhenAll(Enumerable.Range(0, DrainEvery).Select(_ =>
                    world.ReceiveAsync(queue, cancelled).AsTask()));
                return true;
            });

    // --waiters are always blocked, so the receiver is blocked when there is one more.
    private Task<BenchReport> WakeAsync(TQueue sender, TQueue receiver, CancellationToken cancelled) =>
        new SingleCalls(options, progress).WakeAsync(
            () => world.ReceiveAsync(receiver, cancelled).AsTask(),
            async () => await world.ReceiversAsync(sender, cancelled) > options.Waiters,
            () => world.SendAsync(sender, 0, _text, cancelled).AsTask());
}
