using Cluster.Actors.Entities;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Wire;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Client;

/// <summary>
/// A service that is itself a member of the cluster: the client on a node of one, in this process. Every message
/// between actors is serialized, as if each of them were on another node.
/// </summary>
public sealed class ActorTransportTests(ClusterMember member) : IClassFixture<ClusterMember>
{
    private static readonly TimeSpan Patience = ClusterMember.Patience;

    [Fact]
    public async Task A_member_of_the_cluster_uses_queues_like_every_other_client()
    {
        var sender = await member.ConnectAsync();
        var receiver = await member.ConnectAsync();
        Assert.NotEqual(sender.Pid, receiver.Pid);
        Assert.Equal((0u, "/"), (sender.Uid, sender.Namespace.Path));

        var queue = await sender.MessageQueues.GetAsync(42);
        var same = await receiver.MessageQueues.GetAsync(42);
        Assert.Equal(queue.Id, same.Id);
        await queue.SendAsync(1, "first"u8.ToArray());
        Assert.Equal("first"u8.ToArray(), (await same.ReceiveAsync()).Text.ToArray());

        var blocked = same.ReceiveAsync().AsTask();
        await ParkedAsync(queue, receivers: 1);
        Assert.False(blocked.IsCompleted);
        await queue.SendAsync(1, "second"u8.ToArray());
        Assert.Equal("second"u8.ToArray(), (await blocked.WaitAsync(Patience)).Text.ToArray());

        using var interrupt = new CancellationTokenSource();
        var interrupted = same.ReceiveAsync(cancellationToken: interrupt.Token).AsTask();
        await ParkedAsync(queue, receivers: 1);
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => interrupted.WaitAsync(Patience));
        Assert.Equal(0u, (await queue.StatAsync()).Receivers);

        Assert.InRange((await sender.StatAsync()).Sessions, 2, long.MaxValue);
        await receiver.DisposeAsync();
        await queue.RemoveAsync();
        var gone = await Assert.ThrowsAsync<IpcException>(() => queue.SendAsync(1, new byte[1]).AsTask());
        Assert.Equal(Errno.EINVAL, gone.Errno);
        await sender.DisposeAsync();
        Assert.Empty(FallbackSerializer.Ours.Distinct());
    }

    [Fact]
    public async Task A_message_without_an_acknowledgement_goes_back_when_the_process_is_closed()
    {
        await using var watcher = await member.ConnectAsync();
        var queue = await watcher.MessageQueues.CreateAsync();
        var closing = await member.ConnectAsync();
        var blocked = closing.MessageQueues.Open(queue.Id).ReceiveAsync().AsTask();
        await ParkedAsync(queue, receivers: 1);
        await closing.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => blocked.WaitAsync(Patience));
        await ParkedAsync(queue, receivers: 0);
        await queue.SendAsync(1, "stays"u8.ToArray());
        Assert.Equal("stays"u8.ToArray(), (await queue.ReceiveAsync()).Text.ToArray());
    }

    [Theory]
    [InlineData(typeof(Submit), typeof(ClusterSerializer))]
    [InlineData(typeof(Results), typeof(ClusterSerializer))]
    [InlineData(typeof(Request), typeof(ClusterSerializer))]
    [InlineData(typeof(Reply), typeof(ClusterSerializer))]
    [InlineData(typeof(StopEntity), typeof(ClusterSerializer))]
    [InlineData(typeof(TraceRead), typeof(ClusterSerializer))]
    [InlineData(typeof(TraceBatch), typeof(ClusterSerializer))]
    [InlineData(typeof(JournalRecord), typeof(JournalRecordSerializer))]
    public void Each_message_between_nodes_has_its_serializer(Type message, Type serializer) =>
        Assert.IsType(serializer, member.System.Serialization.FindSerializerForType(message));

    // A blocked call has no answer. Only the statistics of the queue show that it is parked.
    private static async Task ParkedAsync(IMessageQueue queue, uint receivers)
    {
        using var patience = new CancellationTokenSource(Patience);
        while ((await queue.StatAsync(cancellationToken: patience.Token)).Receivers != receivers)
        {
        }
    }
}
