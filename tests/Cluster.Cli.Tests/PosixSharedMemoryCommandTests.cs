using Cluster.Client;

namespace Cluster.Cli.Tests;

/// <summary>ipc pshm: create, truncate, read, write, stat, unlink; and the files of objects.</summary>
public sealed class PosixSharedMemoryCommandTests
{
    private readonly Tool _tool = new();

    [Fact]
    public async Task Create_makes_an_object_with_the_size_and_exactly_the_mode()
    {
        Assert.Equal(0, await _tool.RunAsync("pshm create /a --uid 7"));
        Assert.Equal(0, await _tool.RunAsync("pshm create b --size 64K --mode 0666 --excl --volatile --json"));
        Assert.Equal("{\"name\":\"/b\",\"id\":1}\n", _tool.Output);
        Assert.Equal((0L, 0x1A4, Durability.Durable), await StatAsync("/a"));
        Assert.Equal((65_536L, 0x1B6, Durability.Volatile), await StatAsync("/b"));
        Assert.Equal(0, await _tool.RunAsync("pshm create /a --uid 8")); // found: it may read the object
        Assert.Equal(0, await _tool.RunAsync("pshm create /b --size 10"));
        Assert.Equal(10, (await StatAsync("/b")).Size);
    }

    [Theory]
    [InlineData("pshm create /s --excl", "EEXIST (an object has the name)")]
    [InlineData("pshm create /s --size 1", "EACCES (")]
    [InlineData("pshm create /a/b", "EINVAL (a name has no '/' but at its start")]
    [InlineData("pshm create /..", "EINVAL (")]
    [InlineData("pshm create /new --size -1", "EINVAL (the length is negative", "ftruncate")]
    [InlineData("pshm create /new --size 256T", "EFBIG (", "ftruncate")]
    [InlineData("pshm truncate /s 1", "EACCES (")]
    [InlineData("pshm write /s x", "EACCES (")]
    [InlineData("pshm read /none", "ENOENT (no object has the name)")]
    [InlineData("pshm unlink /none", "ENOENT (no object has the name)", "shm_unlink")]
    [InlineData("pshm unlink /..", "EISDIR (", "shm_unlink")]
    [InlineData("pshm unlink /s", "EACCES (the object is another user's)", "shm_unlink")]
    [InlineData("pshm stat /none", "ENOENT (", "stat")]
    public async Task A_call_that_fails_says_why(string line, string said, string call = "shm_open")
    {
        Assert.Equal(0, await _tool.RunAsync("pshm create /s --uid 1"));
        Assert.Equal(1, await _tool.RunAsync($"{line} --uid 7"));
        Assert.StartsWith($"ipc: {call}: {said}", _tool.Error, StringComparison.Ordinal);
        Assert.Empty(_tool.Output);
        Assert.Equal(0, _tool.Connected);
    }

    [Theory]
    [InlineData("pshm create /s --size much")]
    [InlineData("pshm truncate /s")]
    [InlineData("pshm truncate /s much")]
    [InlineData("pshm read /s --length -1")]
    [InlineData("pshm write /s x --offset -1")]
    public async Task A_command_line_that_makes_no_sense_is_refused(string line) =>
        Assert.Equal(2, await _tool.RunAsync(line));

    [Fact]
    public async Task A_write_makes_the_object_grow_and_a_read_ends_at_its_end()
    {
        await MakeAsync("/s");
        Assert.Equal(0, await _tool.RunAsync("pshm", "write", "/s", "--offset", "4091", "hello"));
        Assert.Equal(0, await _tool.RunAsync("pshm read s --offset 4091"));
        Assert.Equal(0, await _tool.RunAsync("pshm read /s --offset 4092 --length 2"));
        Assert.Equal(0, await _tool.RunAsync("pshm read /s --offset 4095 --length 100"));
        Assert.Equal(0, await _tool.RunAsync("pshm read /s --offset 5000"));
        Assert.Equal("helloelo", _tool.Output);
        Assert.Equal(4_096, (await StatAsync("/s")).Size);
    }

    [Fact]
    public async Task Truncate_cuts_and_new_bytes_are_zeros()
    {
        await MakeAsync("/s");
        Assert.Equal(0, await _tool.RunAsync("pshm write /s abcdef"));
        Assert.Equal(0, await _tool.RunAsync("pshm truncate /s 2"));
        Assert.Equal(0, await _tool.RunAsync("pshm truncate /s 4"));
        Assert.Equal(0, await _tool.RunAsync("cat /dev/shm/s"));
        Assert.Equal([(byte)'a', (byte)'b', 0, 0], _tool.Bytes);
    }

    [Fact]
    public async Task Cat_writes_all_bytes_of_objects_of_any_length()
    {
        await using var memory = await MakeAsync("/s");
        var bytes = new byte[600_000]; // three extents
        new Random(1).NextBytes(bytes);
        await memory.WriteAsync(0, bytes);
        Assert.Equal(0, await _tool.RunAsync("cat /dev/shm/s"));
        Assert.Equal(bytes, _tool.Bytes);
        Assert.Equal(3, _tool.Traffic.Calls.Count(call => call.ShmRead is not null)); // and none beyond the end
        Assert.Equal(1, await _tool.RunAsync("cat /dev/shm/none"));
        Assert.Equal("cat: /dev/shm/none: No such file or directory\n", _tool.Error);
    }

    [Fact]
    public async Task Ls_and_rm_tell_objects_from_semaphores()
    {
        await MakeAsync("/a");
        await MakeAsync("/b");
        await _tool.Ipc.PosixSemaphores.OpenAsync("/a", OpenFlags.Create);
        Assert.Equal(["a", "b"], await NamesAsync("ls shm"));
        Assert.Equal(["a", "b"], await NamesAsync("ls pshm"));
        Assert.Equal(["sem.a"], await NamesAsync("ls sem"));
        Assert.Equal(["sem.a", "a", "b"], await NamesAsync("ls /dev/shm"));
        Assert.Equal(["/dev/shm/a"], await NamesAsync("ls /dev/shm/a"));
        Assert.Equal(0, await _tool.RunAsync("rm /dev/shm/a"));
        Assert.Equal(0, await _tool.RunAsync("rm shm b"));
        Assert.Equal(["sem.a"], await NamesAsync("ls /dev/shm"));
        Assert.Equal(1, await _tool.RunAsync("rm shm sem.a"));
        Assert.Equal("rm: cannot remove 'sem.a': No such file or directory\n", _tool.Error);
    }

    [Fact]
    public async Task Stat_has_the_size()
    {
        await using var memory = await MakeAsync("/s");
        await memory.SetLengthAsync(12_345);
        Assert.Equal(0, await _tool.RunAsync("pshm stat s --json"));
        Assert.Equal(
            ("/dev/shm/s", "/s", 12_345),
            (_tool.Json.GetProperty("file").GetString(), _tool.Json.GetProperty("name").GetString(),
                _tool.Json.GetProperty("size").GetInt32()));
    }

    [Fact]
    public async Task Lsipc_lists_objects_with_their_sizes()
    {
        Assert.Equal(0, await _tool.RunAsync("pshm create /cache --size 64K --uid 0 --gid 0"));
        Assert.Equal(0, await _tool.RunAsync("pshm create /secret --mode 0600 --uid 0 --gid 0"));
        Assert.Equal(0, await _tool.RunAsync("lsipc -M --uid 7 -o NAME,PERMS,OWNER,SIZE"));
        Assert.Equal(
            "NAME        PERMS OWNER SIZE\n/cache  rw-r--r--  root  64K\n/secret rw-------  root   0B\n", _tool.Output);
        Assert.Equal(1, await _tool.RunAsync("lsipc --posix-shmems -N /none"));
        Assert.Equal("ipc: lsipc: POSIX shared memory object /none not found\n", _tool.Error);
        Assert.Equal(1, await _tool.RunAsync("lsipc -M -S -Q"));
        Assert.Contains(
            "lsipc: mutually exclusive arguments: --posix-shmems --posix-mqueues --posix-semaphores --shmems",
            _tool.Error, StringComparison.Ordinal);
    }

    private async Task<string[]> NamesAsync(string line)
    {
        var before = _tool.Output.Length;
        Assert.Equal(0, await _tool.RunAsync(line));
        return [.. _tool.Output[before..].TrimEnd('\n').Split('\n').Select(each => each.Split(' ')[^1])];
    }

    private Task<IPosixSharedMemoryObject> MakeAsync(string name) =>
        _tool.Ipc.PosixSharedMemory.OpenAsync(name, OpenFlags.ReadWrite | OpenFlags.Create, (UnixFileMode)0x1B6);

    private async Task<(long Size, int Mode, Durability Lives)> StatAsync(string name)
    {
        var objects = _tool.Ipc.PosixSharedMemory;
        var entry = await objects.ListAsync().FirstAsync(each => each.Name == name);
        var stat = await objects.StatAsync(entry);
        return (stat.Size, (int)stat.Mode, stat.Durability);
    }
}
