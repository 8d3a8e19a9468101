using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>The descriptors of POSIX message queues: close, dup, passing on, and the end of a process.</summary>
public sealed class PosixQueueDescriptorTests : PosixQueueKernelTests
{
    [Fact]
    public async Task Descriptors_have_the_lowest_free_number()
    {
        var one = await Ipc.PosixMessageQueues.OpenAsync("/q", Make);
        var two = one.Duplicate();
        var three = await Ipc.PosixMessageQueues.OpenAsync("/q");
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
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make, size: new PosixQueueSize(2, 8));
        var stranger = third.PosixMessageQueues.OpenShared(queue.Description);
        await FailsAsync(Errno.EBADF, () => stranger.ReceiveAsync(TimeSpan.Zero).AsTask());
        var shared = SharedDescription.Parse((await queue.ShareAsync(other.Pid)).ToString());
        await Ipc.PosixMessageQueues.UnlinkAsync("/q");
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
            Kernel, new IpcClientOptions { Uid = 5000, MsgqueueLimit = 1_000 });
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
            Kernel, new IpcClientOptions { Uid = 5000, MsgqueueLimit = 1_000 });
        await OpenAsync(ipc, "/q", 1, 904);
        await ipc.PosixMessageQueues.UnlinkAsync("/q");
        await ipc.DisposeAsync();
        await using var next = IpcClient.CreateInMemory(
            Kernel, new IpcClientOptions { Uid = 5000, MsgqueueLimit = 1_000 });
        await OpenAsync(next, "/q", 1, 904);
    }

    [Fact]
    public async Task A_close_is_not_interrupted()
    {
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make);
        var other = await Ipc.PosixMessageQueues.OpenAsync("/q");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.CloseAsync(new CancellationToken(true)));
        var entry = await Ipc.PosixMessageQueues.ListAsync().SingleAsync();
        Assert.Equal(1, (await Ipc.PosixMessageQueues.StatAsync(entry)).Descriptions);
        await other.CloseAsync();
    }

    [Fact]
    public async Task A_process_of_another_namespace_gets_no_description_and_a_removed_one_is_EIDRM()
    {
        await using var root = Client(0);
        await root.Namespace.CreateChildAsync("a");
        await using var inside = IpcClient.CreateInMemory(
            Kernel, new IpcClientOptions { Uid = 0, Namespace = "/a" });
        var queue = await root.PosixMessageQueues.OpenAsync("/q", Make);
        var own = await inside.PosixMessageQueues.OpenAsync("/q", Make);
        await FailsAsync(Errno.ESRCH, () => queue.ShareAsync(inside.Pid));
        await root.Namespace.RemoveChildAsync("a");
        await FailsAsync(Errno.EIDRM, () => own.GetAttributesAsync());
    }

    [Fact]
    public async Task A_process_has_65536_descriptors_and_then_EMFILE()
    {
        var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", Make);
        for (var i = 1; i < Bounds.DescriptorsPerProcess; i++) queue.Duplicate();
        Assert.Equal(Errno.EMFILE, Assert.Throws<IpcException>(() => queue.Duplicate()).Errno);
        await FailsAsync(Errno.EMFILE, () => Ipc.PosixMessageQueues.OpenAsync("/q"));
        await queue.CloseAsync();
        Assert.Equal(0, (await Ipc.PosixMessageQueues.OpenAsync("/q")).Descriptor);
    }
}
