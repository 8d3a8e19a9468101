using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>IPC_SET changes what is given and nothing else, in one step.</summary>
public sealed class ChangeTests() : KernelTests(uid: 0)
{
    private const UnixFileMode Shared = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    [Fact]
    public async Task Changes_at_the_same_time_do_not_overwrite_each_other()
    {
        for (var i = 0; i < 20; i++)
        {
            var queue = await Ipc.MessageQueues.GetAsync(key: 0);
            await BothAsync(queue, new QueueChange { Uid = 7, Qbytes = 99 }, new QueueChange { Mode = Shared });
            var stat = await queue.StatAsync();
            Assert.Equal((7u, 0u, Shared, 99ul), Of(stat.Permissions, stat.Qbytes));

            var set = await Ipc.SemaphoreSets.GetAsync(key: 0);
            await BothAsync(set, new PermissionsChange { Uid = 7 }, new PermissionsChange { Mode = Shared });
            Assert.Equal((7u, 0u, Shared, 0ul), Of((await set.StatAsync()).Permissions, 0));

            var segment = await Ipc.SharedMemorySegments.GetAsync(key: 0, size: 1);
            await BothAsync(segment, new PermissionsChange { Gid = 8 }, new PermissionsChange { Mode = Shared });
            Assert.Equal((0u, 8u, Shared, 0ul), Of((await segment.StatAsync()).Permissions, 0));
        }
    }

    [Fact]
    public async Task An_owner_may_change_the_mode_of_a_queue_thatIpc_has_made_large()
    {
        var queue = await Ipc.MessageQueues.GetAsync(key: 1);
        var large = (ulong)(await Ipc.Namespace.GetLimitsAsync()).Msgmnb + 1;
        await queue.SetAsync(new QueueChange { Uid = 7, Qbytes = large });
        await using var owner = Client(7);
        var own = owner.MessageQueues.Open(queue.Id);
        await own.SetAsync(new QueueChange { Mode = Shared });
        Assert.Equal((7u, 0u, Shared, large), Of((await own.StatAsync()).Permissions, (await own.StatAsync()).Qbytes));
        var refused = await Assert.ThrowsAsync<IpcException>(
            () => own.SetAsync(new QueueChange { Qbytes = large + 1 }));
        Assert.Equal(Errno.EPERM, refused.Errno);
    }

    [Fact]
    public async Task A_change_of_nothing_is_a_change_and_an_invalid_owner_is_none()
    {
        var set = await Ipc.SemaphoreSets.GetAsync(key: 1, mode: Shared);
        await set.SetAsync(new PermissionsChange());
        Assert.Equal((0u, 0u, Shared, 0ul), Of((await set.StatAsync()).Permissions, 0));
        foreach (var change in new[]
            { new PermissionsChange { Uid = uint.MaxValue }, new PermissionsChange { Gid = uint.MaxValue } })
        {
            var refused = await Assert.ThrowsAsync<IpcException>(() => set.SetAsync(change));
            Assert.Equal(Errno.EINVAL, refused.Errno);
        }

        await using var stranger = Client(9);
        var denied = await Assert.ThrowsAsync<IpcException>(
            () => stranger.SemaphoreSets.Open(set.Id).SetAsync(new PermissionsChange { Uid = 9 }));
        Assert.Equal(Errno.EPERM, denied.Errno);
    }

    [Fact]
    public async Task Errors_of_stat_by_index_name_the_call_of_the_page()
    {
        await Ipc.MessageQueues.GetAsync(key: 2, mode: 0);
        await Ipc.SemaphoreSets.GetAsync(key: 2, mode: 0);
        await Ipc.SharedMemorySegments.GetAsync(key: 2, size: 1, mode: 0);
        await using var stranger = Client(9);
        foreach (var index in new[] { 0, 1 })
        {
            await AssertNamesAsync("msgctl(MSG_STAT)", () => stranger.MessageQueues.StatByIndexAsync(index));
            await AssertNamesAsync("semctl(SEM_STAT)", () => stranger.SemaphoreSets.StatByIndexAsync(index));
            await AssertNamesAsync("shmctl(SHM_STAT)", () => stranger.SharedMemorySegments.StatByIndexAsync(index));
        }

        Assert.Equal(0, (await stranger.MessageQueues.StatByIndexAsync(0, any: true)).Id);
        await AssertNamesAsync("msgctl(MSG_STAT_ANY)", () => stranger.MessageQueues.StatByIndexAsync(1, any: true));
    }

    private static async Task AssertNamesAsync(string call, Func<Task> stat) =>
        Assert.Equal(call, (await Assert.ThrowsAsync<IpcException>(stat)).Call);

    private static async Task BothAsync<TStat, TChange>(
        IIpcObject<TStat, TChange> changed, TChange one, TChange two)
        where TChange : PermissionsChange =>
        await Task.WhenAll(changed.SetAsync(one), changed.SetAsync(two));

    private static (uint Uid, uint Gid, UnixFileMode Mode, ulong Qbytes) Of(IpcPermissions permissions, ulong qbytes) =>
        (permissions.Uid, permissions.Gid, permissions.Mode, qbytes);

    protected override IpcClientOptions OptionsOf(uint uid) => new() { Uid = uid, Gid = uid };
}
