using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>POSIX message queues as a program uses them: mq_overview(7).</summary>
public sealed class PosixQueueTests : PosixQueueKernelTests
{
    private const UnixFileMode All = (UnixFileMode)0x1B6;

    // ---- messages ----

    [Fact]
    public async Task Messages_come_by_priority_and_then_by_age()
    {
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make);
        foreach (var (text, priority) in new[] { ("a", 1), ("b", 32_767), ("c", 0), ("d", 1), ("e", 32_767) })
            await queue.SendAsync(Bytes(text), priority);
        var received = new List<string>();
        while (await queue.TryReceiveAsync() is { } message) received.Add($"{Text(message)}{message.Priority}");
        Assert.Equal(["b32767", "e32767", "a1", "d1", "c0"], received);
    }

    [Fact]
    public async Task A_full_queue_blocks_senders_who_enter_in_their_order()
    {
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make, size: new PosixQueueSize(1, 8));
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
    public async Task Errors_come_as_from_theKernel()
    {
        var size = new PosixQueueSize(2, 4);
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make, size: size);
        var reader = await Ipc.PosixMessageQueues.OpenAsync("/q", OpenFlags.ReadOnly);
        var writer = await Ipc.PosixMessageQueues.OpenAsync("/q", OpenFlags.WriteOnly);
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
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make);
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
        if (name != "/none") await FailsAsync(errno, () => Ipc.PosixMessageQueues.OpenAsync(name, Make));
        await FailsAsync(errno, () => Ipc.PosixMessageQueues.OpenAsync(name));
        await FailsAsync(errno, () => Ipc.PosixMessageQueues.UnlinkAsync(name));
    }

    [Fact]
    public async Task A_name_has_up_to_255_bytes()
    {
        await Ipc.PosixMessageQueues.OpenAsync("/" + new string('n', 255), Make);
        await FailsAsync(
            Errno.ENAMETOOLONG, () => Ipc.PosixMessageQueues.OpenAsync("/" + new string('n', 256), Make));
        await FailsAsync(
            Errno.ENAMETOOLONG, () => Ipc.PosixMessageQueues.OpenAsync("/" + new string('é', 128), Make));
    }

    [Fact]
    public async Task An_unlinked_queue_lives_until_the_last_descriptor_is_closed_and_its_name_is_free()
    {
        var old = await Ipc.PosixMessageQueues.OpenAsync("/q", Make);
        await FailsAsync(Errno.EEXIST, () => Ipc.PosixMessageQueues.OpenAsync("/q", Make | OpenFlags.Exclusive));
        await Ipc.PosixMessageQueues.UnlinkAsync("/q");
        await FailsAsync(Errno.ENOENT, () => Ipc.PosixMessageQueues.UnlinkAsync("/q"));
        await FailsAsync(Errno.ENOENT, () => Ipc.PosixMessageQueues.OpenAsync("/q"));
        var fresh = await Ipc.PosixMessageQueues.OpenAsync("/q", Make | OpenFlags.Exclusive);
        await old.SendAsync(Bytes("old"));
        Assert.Null(await fresh.TryReceiveAsync());
        var copy = old.Duplicate();
        await old.CloseAsync();
        await FailsAsync(Errno.EBADF, () => old.SendAsync(Bytes("x")).AsTask());
        await FailsAsync(Errno.EBADF, () => old.CloseAsync());
        Assert.Equal("old", Text(await copy.ReceiveAsync()));
        await copy.CloseAsync();
        Assert.Equal(["/q"], await Ipc.PosixMessageQueues.ListAsync().Select(entry => entry.Name).ToListAsync());
    }

    [Fact]
    public async Task A_blocked_receiver_keeps_an_unlinked_queue_alive()
    {
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make, size: new PosixQueueSize(1, 1));
        using var patience = new CancellationTokenSource();
        var receiving = queue.ReceiveAsync(cancellationToken: patience.Token).AsTask();
        await Ipc.PosixMessageQueues.UnlinkAsync("/q");
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
        var own = await Ipc.PosixMessageQueues.OpenAsync("/own", Make, mode: UnixFileMode.None); // the creator may
        await own.SendAsync(Bytes("1"));
        await FailsAsync(Errno.EACCES, () => Ipc.PosixMessageQueues.OpenAsync("/own", Make));
        await FailsAsync(Errno.EACCES, () => other.PosixMessageQueues.OpenAsync("/own"));
        await FailsAsync(Errno.EACCES, () => other.PosixMessageQueues.UnlinkAsync("/own"));
        var readable = await Ipc.PosixMessageQueues.OpenAsync("/readable", Make, All);
        await FailsAsync(Errno.EACCES, () => other.PosixMessageQueues.OpenAsync("/readable")); // the umask
        var reader = await other.PosixMessageQueues.OpenAsync("/readable", OpenFlags.ReadOnly);
        await readable.SendAsync(Bytes("to the other"));
        Assert.Equal("to the other", Text(await reader.ReceiveAsync()));
    }

    // ---- limits ----

    [Fact]
    public async Task Attributes_have_the_limits_of_the_namespace_and_root_has_none_of_them()
    {
        await FailsAsync(Errno.EINVAL, () => OpenAsync(Ipc, "/a", 11, 1));
        await FailsAsync(Errno.EINVAL, () => OpenAsync(Ipc, "/a", 1, 8193));
        await FailsAsync(Errno.EINVAL, () => OpenAsync(Ipc, "/a", 0, 1));
        await FailsAsync(Errno.EINVAL, () => OpenAsync(Ipc, "/a", 1, 0));
        var attributes = await (await Ipc.PosixMessageQueues.OpenAsync("/a", Make)).GetAttributesAsync();
        Assert.Equal((10, 8192), (attributes.MaxMessages, attributes.MessageBytes));
        await using var root = IpcClient.CreateInMemory(
            Kernel, new IpcClientOptions { Uid = 0, MsgqueueLimit = long.MaxValue });
        await OpenAsync(root, "/b", 65_536, 1);
        await FailsAsync(Errno.EINVAL, () => OpenAsync(root, "/c", 65_537, 1));
        await FailsAsync(Errno.EINVAL, () => OpenAsync(root, "/c", 1, Bounds.MessageBytes + 1));
        await root.Namespace.SetLimitAsync("mqueue_queues_max", 2);
        await FailsAsync(Errno.ENOSPC, () => OpenAsync(Ipc, "/d", 1, 1));
        await OpenAsync(root, "/d", 1, 1);
        await root.Namespace.SetLimitAsync("mqueue_queues_max", 256);
        await root.Namespace.SetLimitAsync("mqueue_msg_max", 5);
        await root.Namespace.SetLimitAsync("mqueue_msg_default", 7);
        attributes = await (await Ipc.PosixMessageQueues.OpenAsync("/e", Make)).GetAttributesAsync();
        Assert.Equal(5, attributes.MaxMessages);
        await FailsAsync(Errno.EINVAL, () => root.Namespace.SetLimitAsync("mqueue_msgsize_max", 127));
    }

    [Fact]
    public async Task The_queues_of_a_user_count_over_all_namespaces()
    {
        await using var root = IpcClient.CreateInMemory(Kernel, new IpcClientOptions { Uid = 0 });
        await root.Namespace.CreateChildAsync("a");
        var options = new IpcClientOptions { Uid = 1000, MsgqueueLimit = 1_000 };
        await using var here = IpcClient.CreateInMemory(Kernel, options);
        await using var there = IpcClient.CreateInMemory(
            Kernel, new IpcClientOptions { Uid = 1000, MsgqueueLimit = 1_000, Namespace = "/a" });
        await OpenAsync(here, "/q", 1, 904);
        await FailsAsync(Errno.EMFILE, () => OpenAsync(there, "/q", 1, 1));
        await here.PosixMessageQueues.UnlinkAsync("/q");
        await FailsAsync(Errno.EMFILE, () => OpenAsync(there, "/q", 1, 1)); // it is open
        await here.DisposeAsync();
        await OpenAsync(there, "/q", 1, 904);
        await root.Namespace.RemoveChildAsync("a");
        await using var again = IpcClient.CreateInMemory(Kernel, options);
        await OpenAsync(again, "/q", 1, 904);
    }

    [Fact]
    public async Task The_queues_of_a_user_count_against_RLIMIT_MSGQUEUE_to_the_byte()
    {
        // 48 bytes for each message and each priority that the messages can have: getrlimit(2).
        await using var ipc = IpcClient.CreateInMemory(
            Kernel, new IpcClientOptions { Uid = 1000, MsgqueueLimit = 1_000 });
        await FailsAsync(Errno.EMFILE, () => OpenAsync(ipc, "/a", 1, 905));
        var queue = await OpenAsync(ipc, "/a", 1, 904);
        await FailsAsync(Errno.EMFILE, () => OpenAsync(ipc, "/b", 1, 1));
        await ipc.PosixMessageQueues.UnlinkAsync("/a");
        await FailsAsync(Errno.EMFILE, () => OpenAsync(ipc, "/b", 1, 1)); // it is open
        await using var other = IpcClient.CreateInMemory(
            Kernel, new IpcClientOptions { Uid = 1001, MsgqueueLimit = 1_000 });
        await OpenAsync(other, "/other", 1, 904);
        await queue.CloseAsync();
        await OpenAsync(ipc, "/b", 2, 404);
        await using var greedy = IpcClient.CreateInMemory(
            Kernel, new IpcClientOptions { Uid = 1002, MsgqueueLimit = long.MaxValue });
        for (var i = 0; i < 9; i++) await OpenAsync(greedy, $"/greedy{i}", 10, 8_192);
        await FailsAsync(Errno.EMFILE, () => OpenAsync(greedy, "/greedy9", 10, 8_192)); // 819,200 for all but root
    }
}
