using Cluster.Protocol;

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
        var stat = _tool.Cluster.Segments[0].Stat;
        Assert.Equal((42, 65_536ul, true), (stat.Permissions.Key, stat.Segsz, stat.Volatile));
        Assert.Equal(1, await _tool.RunAsync("shm get 42 --create --excl --size 1"));
        Assert.Equal(1, await _tool.RunAsync("shm get 43"));
        Assert.Equal(1, await _tool.RunAsync("shm get 43 --create"));
        Assert.Equal(
            ["EEXIST", "ENOENT", "EINVAL"], _tool.Error.TrimEnd().Split('\n').Select(line => line.Split(' ')[2]));
    }

    [Fact]
    public async Task Write_and_read_attach_and_detach()
    {
        var segment = _tool.Cluster.MakeSegment();
        Assert.Equal(0, await _tool.RunAsync("shm", "write", "0", "--offset", "4091", "hello"));
        Assert.Equal(0, await _tool.RunAsync("shm read 0 --offset 4091"));
        Assert.Equal(0, await _tool.RunAsync("shm read 0 --offset 4092 --length 2"));
        Assert.Equal("helloel", _tool.Output);
        Assert.Equal(0ul, segment.Stat.Nattch);
        Assert.Equal(0, _tool.Cluster.Connected);
    }

    [Fact]
    public async Task Beyond_the_end_is_EFAULT()
    {
        _tool.Cluster.MakeSegment(size: 10);
        Assert.Equal(1, await _tool.RunAsync("shm", "write", "0", "--offset", "6", "hello"));
        Assert.Equal(1, await _tool.RunAsync("shm read 0 --length 11"));
        Assert.Equal(1, await _tool.RunAsync("shm read 0 --offset 11"));
        Assert.Equal(1, await _tool.RunAsync("shm read 5"));
        Assert.Equal(
            ["EFAULT", "EFAULT", "EFAULT", "EINVAL"],
            _tool.Error.TrimEnd().Split('\n').Select(line => line.Split(' ')[2]));
        Assert.Empty(_tool.Output);
    }

    [Fact]
    public async Task Stat_set_lock_and_unlock()
    {
        var permissions = _tool.Cluster.MakeSegment(key: 42, uid: 7).Stat.Permissions;
        Assert.Equal(0, await _tool.RunAsync("shm set 0 --mode 0660 --owner 8 --uid 7"));
        Assert.Equal((8u, 0x1B0u), (permissions.Uid, permissions.Mode));
        Assert.Equal(0, await _tool.RunAsync("shm lock 0 --uid 8"));
        Assert.Equal(0, await _tool.RunAsync("shm stat 0 --json"));
        Assert.Equal("2660", _tool.Json.GetProperty("mode").GetString());
        Assert.Equal(
            "key shmid uid gid cuid cgid mode segsz nattch cpid lpid atime dtime ctime extents volatile",
            string.Join(' ', _tool.Json.EnumerateObject().Select(member => member.Name)));
        Assert.Equal(0, await _tool.RunAsync("shm unlock 0 --uid 8"));
        Assert.Equal(0u, permissions.Mode & IpcFlags.SHM_LOCKED);
        Assert.Equal(1, await _tool.RunAsync("shm lock 0 --uid 7"));
        Assert.StartsWith("ipc: shmctl(SHM_LOCK): EPERM (", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_removes()
    {
        _tool.Cluster.MakeSegment(uid: 7);
        Assert.Equal(1, await _tool.RunAsync("shm remove 0 --uid 8"));
        Assert.Equal(0, await _tool.RunAsync("shm remove 0 --uid 7"));
        Assert.Equal(1, await _tool.RunAsync("shm remove 0 --uid 7"));
        Assert.Equal(["EPERM", "EINVAL"], _tool.Error.TrimEnd().Split('\n').Select(line => line.Split(' ')[2]));
    }
}
