using System.Diagnostics;

namespace Cluster.Cli.Bench;

/// <summary>Load on shared memory: each slot adds to its word, or writes its range, on object after object.</summary>
internal sealed class ShmLoadBench(ShmBenchOptions options, MemoryBenchWorld world, Action<string> progress)
{
    private readonly Slots _slots = new(options.Load, progress);
    private readonly byte[] _data = new byte[options.Load.Payload];

    public Task<BenchReport> RunAsync(CancellationToken cancelled)
    {
        var load = options.Load;
        var slots = load.Mode == BenchMode.Sequential ? 1 : load.Processes * load.Window;
        return _slots.RunAsync(slots, SlotAsync, null, cancelled);
    }

    private async Task SlotAsync(int slot)
    {
        var memories = world.Memories(slot / options.Load.Window);
        var range = Math.Max(sizeof(long), (_data.Length + 7) / 8 * 8);
        var offset = (long)slot * range % (MemoryBenchWorld.ObjectBytes - range + 1) / 8 * 8;
        for (long turn = slot; _slots.Goes(); turn += options.Load.Window)
        {
            var memory = memories[turn % memories.Length];
            var from = Stopwatch.GetTimestamp();
            if (options.Writes) await memory.WriteAsync(offset, _data);
            else await memory.FetchAddAsync(offset, 1L);
            _slots.Add(from, Stopwatch.GetTimestamp());
        }
    }
}
