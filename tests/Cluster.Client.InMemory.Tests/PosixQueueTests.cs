using System.Text;
using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>POSIX message queues as a program uses them: mq_overview(7).</summary>
public sealed class PosixQueueTests : IAsyncDisposable
{
    private const OpenFlags Make = OpenFlags.ReadWrite | OpenFlags.Create;
    private const UnixFileMode All = (UnixFileMode)0x1B6;

    private readonly InMemoryKernel _kernel = new();
    private readonly IpcClient _ipc;

    public PosixQueueTests() => _ipc = Client(1000);

    public async ValueTask DisposeAsync()
    {
        await _ipc.DisposeAsync();
        _kernel.Dispose();
    }

    // ---- messages ----

    [Fact]
    public async Task Messages_come_by_priority_and_then_by_age()
    {
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make);
        foreach (var (text, priority) in new[] { ("a", 1), ("b", 32_767), ("c", 0), ("d", 1), ("e", 32_767) })
            await queue.SendAsync(Bytes(text), priority);
        var received = new List<string>();
        while (await queue.TryReceiveAsync() is { } message) received.Add($"{Text(message)}{message.Priority}");
        Assert.Equal(["b32767", "e32767", "a1", "d1", "c0"], received);
    }

    [Fact]
    public async Task A_full_queue_blocks_senders_who_enter_in_their_order()
    {
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make, size: new PosixQueueSize(1, 8));
        await queue.SendAsync(Bytes("1"));
        var second = queue.SendAsync(Bytes("2")).AsTask();
        var third = queue.SendAsync(Bytes("3"), priority: 9).AsTask();
        Assert.False(await queue.TrySendAsync(Bytes("4")));
        Assert.Equal(2, (await queue.GetAttributesAsync()).Senders);
        Assert.Equal("1", Text(await queue.ReceiveAsync()));
        await second;
        Assert.False(third.IsCompleted);
        Assert.Equal("2", Text(await queue.ReceiveAsync()));
        await third;
        Assert.Equal("3", Text(await queue.ReceiveAsync()));
        await FailsAsync(Errno.ETIMEDOUT, () => queue.ReceiveAsync(TimeSpan.Zero).AsTask());
        await FailsAsync(Errno.ETIMEDOUT, () => queue.ReceiveAsync(DateTimeOffset.UnixEpoch).AsTask());
    }

    [Fact]
    public async Task Errors_come_as_from_the_kernel()
    {
        var size = new PosixQueueSize(2, 4);
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make, size: size);
        var reader = await _ipc.PosixMessageQueues.OpenAsync("/q", OpenFlags.ReadOnly);
        var writer = await _ipc.PosixMessageQueues.OpenAsync("/q", OpenFlags.WriteOnly);
        await FailsAsync(Errno.EMSGSIZE, () => queue.SendAsync(Bytes("12345")).AsTask());
        await FailsAsync(Errno.EINVAL, () => queue.SendAsync(Bytes("1"), 32_768).AsTask());
        await FailsAsync(Errno.EINVAL, () => queue.SendAsync(Bytes("1"), -1).AsTask());
        await FailsAsync(Errno.EMSGSIZE, () => queue.ReceiveAsync(new byte[3]).AsTask());
        await FailsAsync(Errno.EBADF, () => reader.SendAsync(Bytes("1")).AsTask());
        await FailsAsync(Errno.EBADF, () => writer.ReceiveAsync().AsTask());
        await queue.SetNonblockingAsync(true);
        await FailsAsync(Errno.EAGAIN, () => queue.ReceiveAsync().AsTask());
        await queue.SendAsync(Bytes("1"));
        await queue.SendAsync(Bytes("2"));
        await FailsAsync(Errno.EAGAIN, () => queue.SendAsync(Bytes("3")).AsTask());
        Assert.True((await queue.GetAttributesAsync()).IsNonblocking);
        Assert.False((await reader.GetAttributesAsync()).IsNonblocking); // another description
    }

    [Fact]
    public async Task A_delivery_that_is_returned_comes_again_in_its_old_place()
    {
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make);
        await queue.SendAsync(Bytes("first"), 5);
        await queue.SendAsync(Bytes("second"), 5);
        var delivery = await queue.ReceiveDeliveryAsync();
        Assert.Equal("first", Text(delivery.Message));
        await delivery.ReturnAsync();
        Assert.Equal("first", Text(await queue.ReceiveAsync()));
    }

    // ---- names ----

    [Theory]
    [InlineData("q", Errno.EINVAL)]
    [InlineData("", Errno.EINVAL)]
    [InlineData("/a\0b", Errno.EINVAL)]
    [InlineData("/", Errno.ENOENT)]
    [InlineData("/.", Errno.EACCES)]
    [InlineData("/..", Errno.EACCES)]
    [InlineData("/a/b", Errno.EACCES)]
    [InlineData("//a", Errno.EACCES)]
    [InlineData("/none", Errno.ENOENT)]
    public async Task A_bad_name_fails_as_on_Linux(string name, Errno errno)
    {
        if (name != "/none") await FailsAsync(errno, () => _ipc.PosixMessageQueues.OpenAsync(name, Make));
        await FailsAsync(errno, () => _ipc.PosixMessageQueues.OpenAsync(name));
        await FailsAsync(errno, () => _ipc.PosixMessageQueues.UnlinkAsync(name));
    }

    [Fact]
    public async Task A_name_has_up_to_255_bytes()
    {
        await _ipc.PosixMessageQueues.OpenAsync("/" + new string('n', 255), Make);
        await FailsAsync(
            Errno.ENAMETOOLONG, () => _ipc.PosixMessageQueues.OpenAsync("/" + new string('n', 256), Make));
        await FailsAsync(
            Errno.ENAMETOOLONG, () => _ipc.PosixMessageQueues.OpenAsync("/" + new string('é', 128), Make));
    }

    [Fact]
    public async Task An_unlinked_queue_lives_until_the_last_descriptor_is_closed_and_its_name_is_free()
    {
        var old = await _ipc.PosixMessageQueues.OpenAsync("/q", Make);
        await FailsAsync(Errno.EEXIST, () => _ipc.PosixMessageQueues.OpenAsync("/q", Make | OpenFlags.Exclusive));
        await _ipc.PosixMessageQueues.UnlinkAsync("/q");
        await FailsAsync(Errno.ENOENT, () => _ipc.PosixMessageQueues.UnlinkAsync("/q"));
        await FailsAsync(Errno.ENOENT, () => _ipc.PosixMessageQueues.OpenAsync("/q"));
        var fresh = await _ipc.PosixMessageQueues.OpenAsync("/q", Make | OpenFlags.Exclusive);
        await old.SendAsync(Bytes("old"));
        Assert.Null(await fresh.TryReceiveAsync());
        var copy = old.Duplicate();
        await old.CloseAsync();
        await FailsAsync(Errno.EBADF, () => old.SendAsync(Bytes("x")).AsTask());
        await FailsAsync(Errno.EBADF, () => old.CloseAsync());
        Assert.Equal("old", Text(await copy.ReceiveAsync()));
        await copy.CloseAsync();
        Assert.Equal(["/q"], await _ipc.PosixMessageQueues.ListAsync().Select(entry => entry.Name).ToListAsync());
    }

    [Fact]
    public async Task A_blocked_receiver_keeps_an_unlinked_queue_alive()
    {
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make, size: new PosixQueueSize(1, 1));
        using var patience = new CancellationTokenSource();
        var receiving = queue.ReceiveAsync(cancellationToken: patience.Token).AsTask();
        await _ipc.PosixMessageQueues.UnlinkAsync("/q");
        await queue.CloseAsync();
        Assert.False(receiving.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving);
    }

    // ---- permissions ----

    [Fact]
    public async Task Permissions_are_checked_when_a_queue_is_opened_and_never_again()
    {
        await using var other = Client(2000);
        var own = await _ipc.PosixMessageQueues.OpenAsync("/own", Make, mode: UnixFileMode.None); // the creator may
        await own.SendAsync(Bytes("1"));
        await FailsAsync(Errno.EACCES, () => _ipc.PosixMessageQueues.OpenAsync("/own", Make));
        await FailsAsync(Errno.EACCES, () => other.PosixMessageQueues.OpenAsync("/own"));
        await FailsAsync(Errno.EACCES, () => other.PosixMessageQueues.UnlinkAsync("/own"));
        var readable = await _ipc.PosixMessageQueues.OpenAsync("/readable", Make, All);
        await FailsAsync(Errno.EACCES, () => other.PosixMessageQueues.OpenAsync("/readable")); // the umask
        var reader = await other.PosixMessageQueues.OpenAsync("/readable", OpenFlags.ReadOnly);
        await readable.SendAsync(Bytes("to the other"));
        Assert.Equal("to the other", Text(await reader.ReceiveAsync()));
    }

    // ---- limits ----

    [Fact]
    public async Task Attributes_have_the_limits_of_the_namespace_and_root_has_none_of_them()
    {
        await FailsAsync(Errno.EINVAL, () => OpenAsync(_ipc, "/a", 11, 1));
        await FailsAsync(Errno.EINVAL, () => OpenAsync(_ipc, "/a", 1, 8193));
        await FailsAsync(Errno.EINVAL, () => OpenAsync(_ipc, "/a", 0, 1));
        await FailsAsync(Errno.EINVAL, () => OpenAsync(_ipc, "/a", 1, 0));
        var attributes = await (await _ipc.PosixMessageQueues.OpenAsync("/a", Make)).GetAttributesAsync();
        Assert.Equal((10, 8192), (attributes.MaxMessages, attributes.MessageBytes));
        await using var root = IpcClient.CreateInMemory(
            _kernel, new IpcClientOptions { Uid = 0, MsgqueueLimit = long.MaxValue });
        await OpenAsync(root, "/b", 65_536, 1);
        await FailsAsync(Errno.EINVAL, () => OpenAsync(root, "/c", 65_537, 1));
        await FailsAsync(Errno.EINVAL, () => OpenAsync(root, "/c", 1, Bounds.MessageBytes + 1));
        await root.Namespace.SetLimitAsync("mqueue_queues_max", 2);
        await FailsAsync(Errno.ENOSPC, () => OpenAsync(_ipc, "/d", 1, 1));
        await OpenAsync(root, "/d", 1, 1);
        await root.Namespace.SetLimitAsync("mqueue_queues_max", 256);
        await root.Namespace.SetLimitAsync("mqueue_msg_max", 5);
        await root.Namespace.SetLimitAsync("mqueue_msg_default", 7);
        attributes = await (await _ipc.PosixMessageQueues.OpenAsync("/e", Make)).GetAttributesAsync();
        Assert.Equal(5, attributes.MaxMessages);
        await FailsAsync(Errno.EINVAL, () => root.Namespace.SetLimitAsync("mqueue_msgsize_max", 127));
    }

    [Fact]
    public async Task The_queues_of_a_user_count_against_RLIMIT_MSGQUEUE_to_the_byte()
    {
        // 48 bytes for each message and each priority that the messages can have: getrlimit(2).
        await using var ipc = IpcClient.CreateInMemory(
            _kernel, new IpcClientOptions { Uid = 1000, MsgqueueLimit = 1_000 });
        await FailsAsync(Errno.EMFILE, () => OpenAsync(ipc, "/a", 1, 905));
        var queue = await OpenAsync(ipc, "/a", 1, 904);
        await FailsAsync(Errno.EMFILE, () => OpenAsync(ipc, "/b", 1, 1));
        await ipc.PosixMessageQueues.UnlinkAsync("/a");
        await FailsAsync(Errno.EMFILE, () => OpenAsync(ipc, "/b", 1, 1)); // it is open
        await using var other = IpcClient.CreateInMemory(
            _kernel, new IpcClientOptions { Uid = 1001, MsgqueueLimit = 1_000 });
        await OpenAsync(other, "/other", 1, 904);
        await queue.CloseAsync();
        await OpenAsync(ipc, "/b", 2, 404);
        await using var greedy = IpcClient.CreateInMemory(
            _kernel, new IpcClientOptions { Uid = 1002, MsgqueueLimit = long.MaxValue });
        for (var i = 0; i < 9; i++) await OpenAsync(greedy, $"/greedy{i}", 10, 8_192);
        await FailsAsync(Errno.EMFILE, () => OpenAsync(greedy, "/greedy9", 10, 8_192)); // 819,200 for all but root
    }

    // ---- descriptors ----

    [Fact]
    public async Task Descriptors_have_the_lowest_free_number()
    {
        var one = await _ipc.PosixMessageQueues.OpenAsync("/q", Make);
        var two = one.Duplicate();
        var three = await _ipc.PosixMessageQueues.OpenAsync("/q");
        Assert.Equal([0, 1, 2], [one.Descriptor, two.Descriptor, three.Descriptor]);
        Assert.Equal(one.Description, two.Description);
        Assert.NotEqual(one.Description, three.Description);
        await two.CloseAsync();
        Assert.Equal(1, three.Duplicate().Descriptor);
    }

    [Fact]
    public async Task A_process_uses_a_description_that_was_shared_with_it_and_no_other()
    {
        await using var other = Client(2000);
        await using var third = Client(2000);
        await other.Namespace.GetLimitsAsync(); // from then on it has a pid
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make, size: new PosixQueueSize(2, 8));
        var stranger = third.PosixMessageQueues.OpenShared(queue.Description);
        await FailsAsync(Errno.EBADF, () => stranger.ReceiveAsync(TimeSpan.Zero).AsTask());
        var shared = SharedDescription.Parse((await queue.ShareAsync(other.Pid)).ToString());
        await _ipc.PosixMessageQueues.UnlinkAsync("/q");
        await queue.SendAsync(Bytes("passed"));
        await queue.CloseAsync();
        var passed = other.PosixMessageQueues.OpenShared(shared);
        Assert.Equal("passed", Text(await passed.ReceiveAsync()));
        await passed.CloseAsync();
        await FailsAsync(Errno.EBADF, () => other.PosixMessageQueues.OpenShared(shared).ReceiveAsync().AsTask());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_end_of_a_process_that_never_called_closes_what_was_shared_with_it(bool isAlive)
    {
        await using var ipc = IpcClient.CreateInMemory(
            _kernel, new IpcClientOptions { Uid = 5000, MsgqueueLimit = 1_000 });
        var other = Client(2000);
        await other.Namespace.GetLimitsAsync();
        var pid = other.Pid;
        if (!isAlive) await other.DisposeAsync();
        var queue = await OpenAsync(ipc, "/q", 1, 904);
        if (isAlive) await queue.ShareAsync(pid);
        else await FailsAsync(Errno.ESRCH, () => queue.ShareAsync(pid));
        await FailsAsync(Errno.ESRCH, () => queue.ShareAsync(12_345)); // it never was
        await ipc.PosixMessageQueues.UnlinkAsync("/q");
        await queue.CloseAsync();
        if (isAlive) await FailsAsync(Errno.EMFILE, () => OpenAsync(ipc, "/r", 1, 904));
        await other.DisposeAsync();
        await OpenAsync(ipc, "/r", 1, 904);
    }

    [Fact]
    public async Task The_end_of_a_process_closes_its_descriptors()
    {
        await using var ipc = IpcClient.CreateInMemory(
            _kernel, new IpcClientOptions { Uid = 5000, MsgqueueLimit = 1_000 });
        await OpenAsync(ipc, "/q", 1, 904);
        await ipc.PosixMessageQueues.UnlinkAsync("/q");
        await ipc.DisposeAsync();
        await using var next = IpcClient.CreateInMemory(
            _kernel, new IpcClientOptions { Uid = 5000, MsgqueueLimit = 1_000 });
        await OpenAsync(next, "/q", 1, 904);
    }

    // ---- mq_notify and poll ----

    [Fact]
    public async Task A_message_at_an_empty_queue_uses_the_registration()
    {
        await using var other = Client(1000);
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make);
        var sender = await other.PosixMessageQueues.OpenAsync("/q");
        var registration = await queue.NotifyAsync(NotifyMethod.Signal, signal: 10, value: -7);
        await FailsAsync(Errno.EBUSY, () => sender.NotifyAsync());
        await FailsAsync(Errno.EBUSY, () => queue.NotifyAsync());
        var shown = await queue.GetAttributesAsync();
        Assert.Equal((NotifyMethod.Signal, 10, _ipc.Pid), (shown.Notify, shown.Signal, shown.NotifyPid));
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
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make);
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
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make);
        var copy = await _ipc.PosixMessageQueues.OpenAsync("/q");
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
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make);
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
    public async Task Poll_waits_for_a_message_or_for_room()
    {
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make, size: new PosixQueueSize(1, 1));
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
    public async Task A_close_is_not_interrupted()
    {
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make);
        var other = await _ipc.PosixMessageQueues.OpenAsync("/q");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.CloseAsync(new CancellationToken(true)));
        var entry = await _ipc.PosixMessageQueues.ListAsync().SingleAsync();
        Assert.Equal(1, (await _ipc.PosixMessageQueues.StatAsync(entry)).Descriptions);
        await other.CloseAsync();
    }

    [Fact]
    public async Task A_registration_is_told_of_its_use_also_if_the_process_registers_again_at_once()
    {
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make);
        var first = await queue.NotifyAsync(value: 1);
        var sending = queue.SendAsync(Bytes("x"));
        var second = await queue.NotifyAsync(value: 2);
        await sending;
        Assert.Equal(1, (await first.Notified)!.Value.Value);
        await first.DisposeAsync();
        Assert.False(second.Notified.IsCompleted);
        Assert.Equal(_ipc.Pid, (await queue.GetAttributesAsync()).NotifyPid);
    }

    [Fact]
    public async Task A_registration_that_tells_nobody_is_removed_too()
    {
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make);
        await (await queue.NotifyAsync(NotifyMethod.None)).DisposeAsync();
        await queue.NotifyAsync();
    }

    [Fact]
    public async Task A_process_of_another_namespace_gets_no_description_and_a_removed_one_is_EIDRM()
    {
        await using var root = Client(0);
        await root.Namespace.CreateChildAsync("a");
        await using var inside = IpcClient.CreateInMemory(
            _kernel, new IpcClientOptions { Uid = 0, Namespace = "/a" });
        var queue = await root.PosixMessageQueues.OpenAsync("/q", Make);
        var own = await inside.PosixMessageQueues.OpenAsync("/q", Make);
        await FailsAsync(Errno.ESRCH, () => queue.ShareAsync(inside.Pid));
        await root.Namespace.RemoveChildAsync("a");
        await FailsAsync(Errno.EIDRM, () => own.GetAttributesAsync());
    }

    [Fact]
    public async Task One_wait_for_several_queues_ends_with_the_first_event()
    {
        var queues = new IPosixMessageQueue[3];
        for (var i = 0; i < queues.Length; i++)
            queues[i] = await _ipc.PosixMessageQueues.OpenAsync($"/q{i}", Make, size: new PosixQueueSize(1, 1));
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

    [Fact]
    public async Task A_process_has_65536_descriptors_and_then_EMFILE()
    {
        var queue = await _ipc.PosixMessageQueues.OpenAsync("/q", Make);
        for (var i = 1; i < Bounds.DescriptorsPerProcess; i++) queue.Duplicate();
        Assert.Equal(Errno.EMFILE, Assert.Throws<IpcException>(() => queue.Duplicate()).Errno);
        await FailsAsync(Errno.EMFILE, () => _ipc.PosixMessageQueues.OpenAsync("/q"));
        await queue.CloseAsync();
        Assert.Equal(0, (await _ipc.PosixMessageQueues.OpenAsync("/q")).Descriptor);
    }

    private IpcClient Client(uint uid) => IpcClient.CreateInMemory(_kernel, new IpcClientOptions { Uid = uid });

    private static Task<IPosixMessageQueue> OpenAsync(IpcClient ipc, string name, long messages, long bytes) =>
        ipc.PosixMessageQueues.OpenAsync(name, Make, size: new PosixQueueSize(messages, bytes));

    private static async Task FailsAsync(Errno errno, Func<Task> call) =>
        Assert.Equal(errno, Assert.IsAssignableFrom<IIpcError>(await Assert.ThrowsAnyAsync<Exception>(call)).Errno);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(PosixMessage message) => Encoding.UTF8.GetString(message.Text.Span);
}
