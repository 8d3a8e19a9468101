using System.Diagnostics;

namespace Cluster.Cli.Bench;

/// <summary>
/// Load on queues. Each slot of a process sends a message and then receives one, on queue after queue. So the queues
/// stay nearly empty, and no receive waits for long. A call is one send or one receive.
/// </summary>
internal sealed class LoadBench(BenchOptions options, BenchWorld world, Action<string> progress)
{
    private readonly Slots _slots = new(options, progress);
    private readonly byte[] _text = new byte[options.Payload];
    // With a backlog, receivers choose the load's messages by type. Without one they take the first message.
    private readonly long _wanted = options.Backlog > 0 ? BenchWorld.LoadType : 0;

    public Task<BenchReport> RunAsync(CancellationToken cancelled) =>
        _slots.RunAsync(options.Processes * options.Window, SlotAsync, null, cancelled);

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
            await queue.ReceiveAsync(_wanted);
            _slots.Add(between, Stopwatch.GetTimestamp());
        }
    }
}
