using Cluster.Client;
using Cluster.Core.Namespaces;
using Cluster.Protocol;

namespace Cluster.Cli.Tests;

/// <summary>
/// A kernel with the objects, pids and times of a Linux machine. The tests expect the output of that machine.
/// </summary>
internal static class World
{
    private const long Change = 1_795_511_300;
    private const long Call = 1_795_511_301;
    private const int FirstPid = 24_216;

    public static async Task<Tool> FilledAsync()
    {
        var clock = new Clock { Seconds = Change };
        var tool = new Tool(clock);
        SkipPids(tool.Kernel);
        var processes = new List<IpcClient>();
        for (var pid = FirstPid; pid <= 24_221; pid++) processes.Add(await tool.ConnectAsync(uid: 0));
        Assert.Equal(24_221, processes[^1].Pid);
        IpcClient Of(int pid) => processes[pid - FirstPid];

        var queue = await Of(24_218).MessageQueues.GetAsync(unchecked((int)0xff91e4f1));
        var locked = await Of(24_216).SharedMemorySegments.GetAsync(0x6bbdb198, 100_000);
        var doomed = await Of(24_217).SharedMemorySegments.GetAsync(42, 4_096, mode: Mode(0x1A4));
        await Of(24_220).SharedMemorySegments.GetAsync(0x58285095, 1, mode: Mode(0x1A4));
        var set = await Of(24_219).SemaphoreSets.GetAsync(0x0adae8f8, 3, mode: Mode(0x1A4));
        await Of(24_219).SemaphoreSets.GetAsync(0x75136455, 1, mode: Mode(0x1B6));

        var caller = Of(24_221);
        clock.Seconds = Call;
        await caller.MessageQueues.Open(queue.Id).SendAsync(1, new byte[20]);
        var memory = await caller.SharedMemorySegments.Open(locked.Id).AttachAsync();
        await memory.WriteAsync(0, new byte[] { 1 });
        await locked.LockAsync();
        await caller.SharedMemorySegments.Open(doomed.Id).AttachAsync();
        await doomed.RemoveAsync();
        await caller.SemaphoreSets.Open(set.Id).OperateAsync([new SemaphoreOperation(1, 5)]);
        return tool;
    }

    private static UnixFileMode Mode(int bits) => (UnixFileMode)bits;

    // The first process of a kernel has pid 2. Pids are given out in blocks.
    private static void SkipPids(InMemoryKernel kernel)
    {
        for (var left = FirstPid - 2; left > 0; left -= Allocator.CountBound)
        {
            var allocate = new Allocate { Count = Math.Min(left, Allocator.CountBound) };
            var request = new Request { To = Allocator.KeyOf(Kind.Process), Allocate = allocate };
            kernel.Run(_ => kernel.Send(request, new Nobody()));
        }
    }

    private sealed class Nobody : IPeer
    {
        public void Hear(Results results, long nowMs)
        {
        }

        public void Hear(Reply reply, long nowMs)
        {
        }
    }

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Seconds);
    }
}
