using System.Text;
using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>
/// The close of a client with open deliveries: acknowledged messages are removed, and the others go back.
/// </summary>
public sealed class DeliveryAtCloseTests : IDisposable
{
    private readonly InMemoryKernel _kernel = new();

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public async Task A_message_of_a_plain_receive_does_not_go_back()
    {
        await using var watcher = IpcClient.CreateInMemory(_kernel);
        var queue = await watcher.MessageQueues.GetAsync(key: 42);
        var other = await watcher.MessageQueues.GetAsync(key: 43);
        await SendAsync(queue, "open", "received");
        await SendAsync(other, "elsewhere");
        var client = IpcClient.CreateInMemory(_kernel);
        var own = await client.MessageQueues.GetAsync(key: 42);
        await own.ReceiveDeliveryAsync();
        Assert.Equal("received", Text(await own.ReceiveAsync()));
        Assert.Equal("elsewhere", Text(await (await client.MessageQueues.GetAsync(key: 43)).ReceiveAsync()));
        await client.DisposeAsync();
        Assert.Equal("open", Text((await queue.TryReceiveAsync())!.Value));
        Assert.Null(await queue.TryReceiveAsync());
        Assert.Null(await other.TryReceiveAsync());
    }

    [Fact]
    public async Task An_acknowledged_delivery_stays_acknowledged_while_another_one_is_open()
    {
        await using var watcher = IpcClient.CreateInMemory(_kernel);
        var queue = await watcher.MessageQueues.GetAsync(key: 42);
        await SendAsync(queue, "open", "acknowledged");
        var client = IpcClient.CreateInMemory(_kernel);
        var own = await client.MessageQueues.GetAsync(key: 42);
        await own.ReceiveDeliveryAsync();
        await (await own.ReceiveDeliveryAsync()).AckAsync();
        await client.DisposeAsync();
        Assert.Equal("open", Text((await queue.TryReceiveAsync())!.Value));
        Assert.Null(await queue.TryReceiveAsync());
    }

    [Fact]
    public async Task Open_deliveries_of_a_queue_are_bounded()
    {
        await using var client = IpcClient.CreateInMemory(_kernel);
        var queue = await client.MessageQueues.GetAsync(key: 42);
        var texts = Enumerable.Range(0, Bounds.PendingPerTarget + 1).Select(at => $"{at}").ToArray();
        await SendAsync(queue, texts);
        var open = new List<Delivery<IpcMessage>>();
        foreach (var _ in texts[1..]) open.Add(await queue.ReceiveDeliveryAsync());
        var failure = await Assert.ThrowsAsync<IpcException>(() => queue.ReceiveDeliveryAsync().AsTask());
        Assert.Equal(Errno.ENOBUFS, failure.Errno);
        await open[0].AckAsync();
        open.Add(await queue.ReceiveDeliveryAsync());
        Assert.Equal(texts[^1], Text(open[^1].Message));
    }

    private static async Task SendAsync(IMessageQueue queue, params string[] texts)
    {
        foreach (var text in texts) await queue.SendAsync(1, Encoding.UTF8.GetBytes(text));
    }

    private static string Text(IpcMessage message) => Encoding.UTF8.GetString(message.Text.Span);
}
