using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Xunit.Abstractions;

namespace Cluster.EndToEnd;

/// <summary>
/// A node of three dies with POSIX queues and semaphores that are open, unlinked, shared and waited for: callers keep
/// their place and complete once, descriptions stay, and what nobody holds any more is gone.
/// </summary>
public sealed class PosixFailoverTests(ITestOutputHelper output)
{
    private const int Objects = 30; // so that each node has some
    private const OpenFlags Make = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    [Theory]
    [InlineData(2)]
    [InlineData(0)] // with the shard coordinator
    public async Task Open_objects_and_waiting_callers_survive_the_death_of_a_node(int victim)
    {
        await using var cluster = await ClusterOfNodes.StartAsync(3);
        await using var one = await ConnectAsync(cluster);
        await using var two = await ConnectAsync(cluster);
        await two.Namespace.GetLimitsAsync(); // from then on it has a pid
        var (queues, gates) = (new IPosixMessageQueue[Objects], new IPosixSemaphore[Objects]);
        var (shared, taken) = (new IPosixMessageQueue[Objects], new Task<PosixMessage>[Objects]);
        var waits = new Task[Objects];
        for (var i = 0; i < Objects; i++)
        {
            queues[i] = await one.PosixMessageQueues.OpenAsync($"/q{i}", Make, size: new PosixQueueSize(2, 16));
            shared[i] = two.PosixMessageQueues.OpenShared(await queues[i].ShareAsync(two.Pid));
            await one.PosixMessageQueues.UnlinkAsync($"/q{i}");
            taken[i] = shared[i].ReceiveAsync().AsTask();
            gates[i] = await one.PosixSemaphores.OpenAsync($"/g{i}", Make, value: 1);
            await gates[i].AcquireAsync(releaseOnDeath: true);
            waits[i] = (await two.PosixSemaphores.OpenAsync($"/g{i}")).WaitAsync().AsTask();
        }

        foreach (var queue in queues)
        {
            while ((await queue.GetAttributesAsync()).Receivers == 0) await Task.Yield();
        }

        await cluster.Nodes[victim].KillAsync();
        var started = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < Objects; i++)
        {
            await queues[i].SendAsync(new[] { (byte)i }).AsTask().WaitAsync(Patience);
            // A receiver that is away for longer than its grace is passed over until it is back. Then it would get the message
            // of the higher priority, so that one is sent after the receiver has the other.
            Assert.Equal(i, (await taken[i].WaitAsync(Patience)).Text.Span[0]);
            await queues[i].SendAsync(new[] { (byte)(i + 100) }, priority: 5).AsTask().WaitAsync(Patience);
        }

        for (var i = 0; i < Objects; i++)
        {
            Assert.Equal(i + 100, (await shared[i].ReceiveAsync(Patience)).Text.Span[0]);
            Assert.Equal(0, (await queues[i].GetAttributesAsync()).Messages);
            Assert.False(waits[i].IsCompleted);
        }

        output.WriteLine($"{Objects} queues after {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s");
        await one.DisposeAsync(); // its end releases the semaphores, and closes its descriptors
        await Task.WhenAll(waits).WaitAsync(Patience);
        await using var three = await ConnectAsync(cluster);
        for (var i = 0; i < Objects; i++)
        {
            await shared[i].SendAsync(new[] { (byte)i }).AsTask().WaitAsync(Patience); // it is open here still
            await shared[i].CloseAsync();
            // The name is free, and the old queue is gone: its bytes count no more.
            await three.PosixMessageQueues.OpenAsync($"/q{i}", Make, size: new PosixQueueSize(2, 16));
        }
    }

    private static Task<IpcClient> ConnectAsync(ClusterOfNodes cluster) => IpcClient.ConnectAsync(
        new IpcClientOptions
        {
            Addresses = cluster.Addresses, Uid = 1000, ConnectTimeout = Patience, Lease = Patience,
            MsgqueueLimit = 8_000, // thirty queues of 224 bytes, but not sixty
        });
}
