using System.Text;
using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>Deliveries on a real node: a message that is not acknowledged is in its old place again.</summary>
public sealed class DeliveryTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_returned_message_goes_to_its_old_place_and_an_acknowledged_one_is_removed()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var ipc = await IpcClient.ConnectAsync(new IpcClientOptions { Addresses = [node.Address] });
        var queue = await ipc.MessageQueues.CreateAsync();
        var outcomes = await queue.SendManyAsync(
            new[] { "a", "b", "c" }.Select(text => new OutgoingMessage(1, Encoding.UTF8.GetBytes(text))));
        Assert.All(outcomes, outcome => Assert.True(outcome.IsSent));

        await using var first = await queue.ReceiveDeliveryAsync();
        await using var second = await queue.ReceiveDeliveryAsync();
        Assert.Equal(("a", "b"), (Text(first.Message), Text(second.Message)));
        await second.AckAsync();
        await first.ReturnAsync().AsTask().WaitAsync(Patience);
        Assert.Equal(["a", "c"], [Text(await queue.CopyAsync(0)), Text(await queue.CopyAsync(1))]);

        await Assert.ThrowsAsync<IOException>(() =>
            queue.ReceiveIntoAsync(_ => throw new IOException("disk full")).WaitAsync(Patience));
        Assert.Equal("a", Text(await queue.ReceiveAsync()));
        Assert.Equal("c", Text(await queue.ReceiveAsync()));
        Assert.Null(await queue.TryReceiveAsync());
    }

    [Fact]
    public async Task A_waiting_receiver_gets_a_returned_message()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var ipc = await IpcClient.ConnectAsync(new IpcClientOptions { Addresses = [node.Address] });
        var queue = await ipc.MessageQueues.CreateAsync();
        await queue.SendAsync(1, "a"u8.ToArray());
        await using var delivery = await queue.ReceiveDeliveryAsync();
        var waiting = queue.ReceiveAsync().AsTask();
        while ((await queue.StatAsync()).Receivers == 0) await Task.Yield();
        await delivery.ReturnAsync().AsTask().WaitAsync(Patience);
        Assert.Equal("a", Text(await waiting.WaitAsync(Patience)));
    }

    private static string Text(IpcMessage message) => Encoding.UTF8.GetString(message.Text.Span);
}
