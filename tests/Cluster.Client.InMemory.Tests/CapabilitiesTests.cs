using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>User 0 may what its capabilities say: capabilities(7).</summary>
public sealed class CapabilitiesTests() : KernelTests(uid: 7)
{
    private const ulong None = 0;
    private const ulong IpcOwner = 1UL << 15;
    private const ulong SysResource = 1UL << 24;

    [Fact]
    public async Task Without_CAP_IPC_OWNER_user_0_needs_permission()
    {
        var queue = await Ipc.MessageQueues.GetAsync(key: 1);
        await queue.SendAsync(1, "hello"u8.ToArray());
        await using var dropped = Client(0, None);
        var refused = await Assert.ThrowsAsync<IpcException>(async () =>
            await (await dropped.MessageQueues.GetAsync(key: 1)).TryReceiveAsync());
        Assert.Equal(Errno.EACCES, refused.Errno);
        await using var kept = Client(0, IpcOwner);
        Assert.NotNull(await (await kept.MessageQueues.GetAsync(key: 1)).TryReceiveAsync());
    }

    [Fact]
    public async Task Without_CAP_SYS_RESOURCE_user_0_cannot_raise_msg_qbytes_above_the_limit()
    {
        await using var dropped = Client(0, None);
        var queue = await dropped.MessageQueues.GetAsync(key: 2);
        var refused = await Assert.ThrowsAsync<IpcException>(async () =>
            await queue.SetAsync(new QueueChange { Qbytes = 1 << 20 }));
        Assert.Equal(Errno.EPERM, refused.Errno);
        await using var kept = Client(0, SysResource);
        var same = await kept.MessageQueues.GetAsync(key: 2);
        await same.SetAsync(new QueueChange { Qbytes = 1 << 20 });
        Assert.Equal(1UL << 20, (await same.StatAsync()).Qbytes);
    }

    private IpcClient Client(uint uid, ulong? capabilities) =>
        IpcClient.CreateInMemory(Kernel, new IpcClientOptions { Uid = uid, Capabilities = capabilities });
}
