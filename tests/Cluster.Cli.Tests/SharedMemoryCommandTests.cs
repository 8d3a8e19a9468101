using Cluster.Client;

namespace Cluster.Cli.Tests;

/// <summary>ipc shm: get, read, write, stat, set, lock, unlock, remove.</summary>
public sealed class SharedMemoryCommandTests
{
    private readonly Tool _tool = new();

    [Fact]
    public async Task Get_makes_and_finds()
    {
        Assert.Equal(0, await _tool.RunAsync("shm get 42 --size 65536 --create --volatile"));
        Assert.Equal(0, await _tool.RunAsync("shm get 42 --json"));
        Assert.Equal("0\n{\"shmid\":0}\n", _tool.Output);
        var stat = await _tool.StatSegmentAsync(0);
        Assert.Equal((42, 65_536ul), (stat.Permissions.Key, stat.Segsz));
        Assert.Equal(Durability.Volatile, stat.Durability);
        Assert.Equal(1, await _tool.RunAsync("shm get 42 --create --excl --size 1"));
        Assert.Equal(1, await _tool.RunAsync("shm get 43"));
        Assert.Equal(1, await _tool.RunAsync("shm get 43 --create"));
        Assert.Equal(["EEXIST", "ENOENT", "EINVAL"], _tool.Errnos);
    }

    [Fact]
    public async Task Write_and_read_attach_and_detach()
    {
        var segment = await _tool.Ipc.SharedMemorySegments.CreateAsync(4_096);
        Assert.Equal(0, await _tool.RunAsync("shm", "write", "0", "--offset", "4091", "hello"));
        Assert.Equal(0, await _tool.RunAsync("shm read 0 --offset 4091"));
        Assert.Equal(0, await _tool.RunAsync("shm read 0 --offset 4092 --length 2"));
        Assert.Equal("helloel", _tool.Output);
        Assert.Equal(0ul, (await segment.StatAsync()).Nattch);
        Assert.Equal(0, _tool.Connected);
    }

    [Fact]
    public async Task Beyond_the_end_is_EFAULT()
    {
        await _tool.Ipc.SharedMemorySegments.CreateAsync(10);
        Assert.Equal(1, await _tool.RunAsync("shm", "write", "0", "--offset", "6", "hello"));
        Assert.Equal(1, await _tool.RunAsync("shm read 0 --length 11"));
        Assert.Equal(1, await _tool.RunAsync("shm read 0 --offset 11"));
        Assert.Equal(1, await _tool.RunAsync("shm read 5"));
        Assert.Equal(["EFAULT", "EFAULT", "EFAULT", "EINVAL"], _tool.Errnos);
        Assert.Empty(_tool.Output);
    }

    [Fact]
    public async Task Stat_set_lock_and_unlock()
    {
        await using (var user = await _tool.ConnectAsync(uid: 7)) await user.SharedMemorySegments.GetAsync(42, 4_096);
        Assert.Equal(0, await _tool.RunAsync("shm set 0 --mode 0660 --owner 8 --uid 7"));
        var permissions = (await _tool.StatSegmentAsync(0)).Permissions;
        Assert.Equal((8u, 0x1B0), (permissions.Uid, (int)permissions.Mode));
        Assert.Equal(0, await _tool.RunAsync("shm lock 0 --uid 8"));
        Assert.Equal(0, await _tool.RunAsync("shm stat 0 --json --uid 0"));
        Assert.Equal("2660", _tool.Json.GetProperty("mode").GetString());
        Assert.Equal(
            "key shmid uid gid cuid cgid mode segsz nattch cpid lpid atime dtime ctime extents volatile",
            string.Join(' ', _tool.Json.EnumerateObject().Select(member => member.Name)));
        Assert.Equal(0, await _tool.RunAsync("shm unlock 0 --uid 8"));
        Assert.False((await _tool.StatSegmentAsync(0)).IsLocked);
        Assert.Equal(1, await _tool.RunAsync("shm lock 0 --uid 9"));
        Assert.StartsWith("ipc: shmctl(SHM_LOCK): EPERM (", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_destroys_the_segment()
    {
        await using (var user = await _tool.ConnectAsync(uid: 7)) await user.SharedMemorySegments.CreateAsync(1);
        Assert.Equal(1, await _tool.RunAsync("shm remove 0 --uid 8"));
        Assert.Equal(0, await _tool.RunAsync("shm remove 0 --uid 7"));
        Assert.Equal(1, await _tool.RunAsync("shm remove 0 --uid 7"));
        Assert.Equal(["EPERM", "EINVAL"], _tool.Errnos);
    }
}
