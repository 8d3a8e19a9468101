using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>mq_notify(3), and poll(2) of POSIX message queues.</summary>
public sealed class PosixQueueNotifyTests : PosixQueueKernelTests
{
    // ---- mq_notify ----

    [Fact]
    public async Task A_message_at_an_empty_queue_uses_the_registration()
    {
        await using var other = Client(1000);
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make);
        var sender = await other.PosixMessageQueues.OpenAsync("/q");
        var registration = await queue.NotifyAsync(NotifyMethod.Signal, signal: 10, value: -7);
        await FailsAsync(Errno.EBUSY, () => sender.NotifyAsync());
        await FailsAsync(Errno.EBUSY, () => queue.NotifyAsync());
        var shown = await queue.GetAttributesAsync();
        Assert.Equal((NotifyMethod.Signal, 10, Ipc.Pid), (shown.Notify, shown.Signal, shown.NotifyPid));
        await sender.SendAsync(Bytes("1"));
        Assert.Equal(new PosixNotification(-7, other.Pid, 1000), await registration.Notified);
        Assert.Equal(0, (await queue.GetAttributesAsync()).NotifyPid);
        var next = await sender.NotifyAsync();
        await sender.SendAsync(Bytes("2")); // the queue was not empty
        Assert.False(next.Notified.IsCompleted);
        await next.DisposeAsync();
        Assert.Null(await next.Notified);
        await FailsAsync(Errno.EINVAL, () => queue.NotifyAsync(NotifyMethod.Signal, signal: 65));
        await FailsAsync(Errno.EINVAL, () => queue.NotifyAsync((NotifyMethod)3));
    }

    [Fact]
    public async Task A_blocked_receiver_goes_before_the_registered_process()
    {
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make);
        var registration = await queue.NotifyAsync();
        var receiving = queue.ReceiveAsync().AsTask();
        await queue.SendAsync(Bytes("1"));
        Assert.Equal("1", Text(await receiving));
        Assert.False(registration.Notified.IsCompleted);
        await queue.SendAsync(Bytes("2"));
        Assert.NotNull(await registration.Notified);
    }

    [Fact]
    public async Task The_close_and_the_end_of_a_process_remove_its_registration()
    {
        await using var other = Client(1000);
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make);
        var copy = await Ipc.PosixMessageQueues.OpenAsync("/q");
        var first = await queue.NotifyAsync();
        await queue.CloseAsync();
        Assert.Null(await first.Notified);
        var third = await copy.NotifyAsync();
        await copy.Duplicate().CloseAsync(); // any descriptor of the queue counts
        Assert.Null(await third.Notified);
        var second = await (await other.PosixMessageQueues.OpenAsync("/q")).NotifyAsync();
        await FailsAsync(Errno.EBUSY, () => copy.NotifyAsync());
        await other.DisposeAsync();
        await copy.NotifyAsync();
        Assert.False(second.Notified.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Notifications_come_again_and_again()
    {
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make);
        await using var notifications = queue.NotificationsAsync().GetAsyncEnumerator();
        for (var i = 0; i < 3; i++)
        {
            var next = notifications.MoveNextAsync();
            Assert.False(next.IsCompleted);
            await queue.SendAsync(Bytes("x"));
            Assert.True(await next);
            Assert.NotNull(await queue.TryReceiveAsync());
        }
    }

    [Fact]
    public async Task A_registration_is_told_of_its_use_also_if_the_process_registers_again_at_once()
    {
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make);
        var first = await queue.NotifyAsync(value: 1);
        var sending = queue.SendAsync(Bytes("x"));
        var second = await queue.NotifyAsync(value: 2);
        await sending;
        Assert.Equal(1, (await first.Notified)!.Value.Value);
        await first.DisposeAsync();
        Assert.False(second.Notified.IsCompleted);
        Assert.Equal(Ipc.Pid, (await queue.GetAttributesAsync()).NotifyPid);
    }

    [Fact]
    public async Task A_registration_that_tells_nobody_is_removed_too()
    {
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make);
        await (await queue.NotifyAsync(NotifyMethod.None)).DisposeAsync();
        await queue.NotifyAsync();
    }

    // ---- poll ----

    [Fact]
    public async Task Poll_waits_for_a_message_or_for_room()
    {
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make, size: new PosixQueueSize(1, 1));
        Assert.Equal(PollEvents.None, await queue.PollAsync(PollEvents.Readable, TimeSpan.Zero));
        Assert.Equal(PollEvents.Writable, await queue.PollAsync(PollEvents.Readable | PollEvents.Writable));
        var readable = queue.WaitToReceiveAsync().AsTask();
        Assert.False(readable.IsCompleted);
        await queue.SendAsync(Bytes("x"));
        Assert.True(await readable);
        var writable = queue.PollAsync(PollEvents.Writable);
        Assert.False(writable.IsCompleted);
        await queue.ReceiveAsync();
        Assert.Equal(PollEvents.Writable, await writable);
    }

    [Fact]
    public async Task One_wait_for_several_queues_ends_with_the_first_event()
    {
        var queues = new IPosixMessageQueue[3];
        for (var i = 0; i < queues.Length; i++)
            queues[i] = await Ipc.PosixMessageQueues.OpenAsync($"/q{i}", Make, size: new PosixQueueSize(1, 1));
        var readable = queues.Select(queue => new PolledDescriptor(queue, PollEvents.Readable)).ToArray();
        Assert.Empty(await IpcPoll.WaitAnyAsync(readable, TimeSpan.Zero));
        var waiting = IpcPoll.WaitAnyAsync(readable);
        Assert.False(waiting.IsCompleted);
        await queues[1].SendAsync(Bytes("x"));
        Assert.Equal([new PolledDescriptor(queues[1], PollEvents.Readable)], await waiting);
        var writable = await IpcPoll.WaitAnyAsync([new(queues[0], PollEvents.Writable), readable[2]]);
        Assert.Equal(PollEvents.Writable, Assert.Single(writable).Events);
        using var patience = new CancellationTokenSource();
        var cancelled = IpcPoll.WaitAnyAsync([readable[0]], cancellationToken: patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await queues[0].CloseAsync();
        await FailsAsync(Errno.EBADF, () => IpcPoll.WaitAnyAsync(readable));
        await Assert.ThrowsAsync<ArgumentException>(() => IpcPoll.WaitAnyAsync([]));
    }
}
