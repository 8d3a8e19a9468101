using System.Text.Json;
using Cluster.Client;

namespace Cluster.Cli.Tests;

/// <summary>ipc lock as flock(1), ipc lslocks as lslocks(8), ipc futex.</summary>
public sealed class LockCommandTests : IDisposable
{
    private readonly Tool _tool = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("ipc-lock-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Lock_runs_the_command_with_a_token_and_frees_the_lock()
    {
        var file = Path.Combine(_folder, "token");
        Assert.Equal(0, await _tool.RunAsync("lock", "build", "--", "sh", "-c", $"echo $IPC_REVISION > {file}"));
        Assert.True(ulong.Parse(await File.ReadAllTextAsync(file)) > 0);
        Assert.Equal(7, await _tool.RunAsync("lock", "build", "--", "sh", "-c", "exit 7"));
        Assert.Equal(127, await _tool.RunAsync("lock", "build", "--", "/no/such/command"));
        Assert.Equal(0, _tool.Connected);
        await using var mutex = await _tool.Ipc.Locks.OpenMutexAsync("build");
        await using var held = await mutex.TryLockAsync();
        Assert.NotNull(held);
        Assert.False(held.OwnerDied);
    }

    [Theory]
    [InlineData("lock -n build -- true", 1)]
    [InlineData("lock --nonblock -E 9 build -- true", 9)]
    [InlineData("lock -w 0.01 build -- true", 1)]
    [InlineData("lock --timeout 5ms --conflict-exit-code 0 build -- false", 0)]
    [InlineData("lock -s -n build -- true", 1)]
    public async Task A_lock_that_is_not_free_in_time_has_the_exit_code_of_flock(string line, int expected)
    {
        await using var mutex = await _tool.Ipc.Locks.OpenMutexAsync("build", (UnixFileMode)0x1B6);
        await using var held = await mutex.LockAsync();
        Assert.Equal(expected, await _tool.RunAsync(line));
        Assert.Empty(_tool.Error);
    }

    [Theory]
    [InlineData("a/b", "a lock's name has 1 to 250 bytes, and no slash")]
    [InlineData("", "a lock's name is not empty, and does not begin with '-'")]
    [InlineData("-u", "a lock's name is not empty, and does not begin with '-'")]
    public async Task A_name_that_is_none_is_refused(string name, string said)
    {
        Assert.Equal(2, await _tool.RunAsync("lock", name, "--", "true"));
        Assert.Contains(said, _tool.Error, StringComparison.Ordinal);
        Assert.Equal(2, await new Tool(_tool.Kernel).RunAsync("lock", new string('n', 251), "--", "true"));
    }

    [Fact]
    public async Task The_command_gets_SIGTERM_when_the_process_that_has_the_lock_is_lost()
    {
        var ready = Path.Combine(_folder, "ready");
        const string script = "trap 'exit 9' TERM; touch \"$0\"; while :; do sleep 0.1; done";
        var running = _tool.RunAsync("lock", "build", "--", "sh", "-c", script, ready);
        while (!File.Exists(ready)) await Task.Delay(10);
        await using var root = await new Tool(_tool.Kernel).ConnectAsync(0);
        var pid = (await root.Processes.ListAsync().ToListAsync()).Single(each => each.Pid != root.Pid).Pid;
        await root.Signals.KillAsync(pid, Protocol.Signal.SIGKILL);
        Assert.Equal(1, await running.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Contains("the process was lost", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readers_share_the_lock()
    {
        await using var opened = await _tool.Ipc.Locks.OpenReaderWriterLockAsync("data");
        await using var held = await opened.ReadLockAsync();
        Assert.Equal(0, await _tool.RunAsync("lock -s -n data -- true"));
        Assert.Equal(1, await _tool.RunAsync("lock -n data -- true"));
    }

    [Fact]
    public async Task A_holder_that_died_is_told_and_the_command_runs()
    {
        var victim = await _tool.ConnectAsync(uid: _tool.Ipc.Uid);
        await (await victim.Locks.OpenMutexAsync("build")).LockAsync();
        await victim.DisposeAsync();
        Assert.Equal(0, await _tool.RunAsync("lock build -- true"));
        Assert.Equal("ipc: lock: the holder before ended without an unlock\n", _tool.Error);
        Assert.Equal(0, await _tool.RunAsync("lock build -- true"));
    }

    [Theory]
    [InlineData("lock build")]
    [InlineData("lock -n -w 5 build -- true")]
    [InlineData("lock -s -x build -- true")]
    [InlineData("lock -E 256 build -- true")]
    [InlineData("lock -w soon build -- true")]
    [InlineData("futex wait 0 0")]
    [InlineData("futex wake --shmem 0 --posix-shmem /a 0")]
    [InlineData("futex wait --shmem 0 0 many")]
    public async Task A_command_line_that_makes_no_sense_is_refused(string line)
    {
        Assert.Equal(2, await _tool.RunAsync(line));
        Assert.Equal(0, _tool.Connected);
    }

    [Fact]
    public async Task Lslocks_has_a_row_for_each_holder_and_waiter()
    {
        await using var other = await _tool.ConnectAsync(uid: _tool.Ipc.Uid);
        await using var mutex = await _tool.Ipc.Locks.OpenMutexAsync("a");
        await using var held = await mutex.LockAsync();
        var waits = (await other.Locks.OpenReaderWriterLockAsync("a")).ReadLockAsync().AsTask();
        while (await CountAsync() < 2) await Task.Yield();
        Assert.Equal(0, await _tool.RunAsync("lslocks"));
        var (mine, its) = (_tool.Ipc.Pid, other.Pid);
        Assert.Equal(
            "    PID TYPE  SIZE MODE   M START BLOCKER PATH\n"
            + $"{mine,7} FUTEX   4K WRITE  0     0         /dev/shm/lock.a\n"
            + $"{its,7} FUTEX   4K READ*  0     0 {mine,7} /dev/shm/lock.a\n",
            _tool.Output);
        await held.DisposeAsync();
        await (await waits).DisposeAsync();
    }

    [Fact]
    public async Task Lslocks_writes_JSON_lines()
    {
        await using var mutex = await _tool.Ipc.Locks.OpenMutexAsync("a");
        await using var held = await mutex.LockAsync();
        Assert.Equal(0, await _tool.RunAsync("lslocks --json"));
        var row = JsonDocument.Parse(_tool.Output).RootElement;
        Assert.Equal((_tool.Ipc.Pid, "WRITE", held.Token),
            (row.GetProperty("pid").GetInt32(), row.GetProperty("mode").GetString(), row.GetProperty("token").GetUInt64()));
    }

    [Fact]
    public async Task Futex_waits_and_wakes_on_a_segment_and_on_an_object()
    {
        var segment = await _tool.Ipc.SharedMemorySegments.CreateAsync(4_096);
        await using var memory = await segment.AttachAsync();
        Assert.Equal(1, await _tool.RunAsync("futex wait --shmem 0 64 1"));
        Assert.Equal(124, await _tool.RunAsync("futex wait --shmem 0 64 0x0 --timeout 1ms"));
        Assert.Equal(1, await _tool.RunAsync("futex wait --shmem 0 66 0"));
        Assert.Equal(1, await _tool.RunAsync("futex wait --posix-shmem /none 0 0"));
        Assert.Equal(["EAGAIN", "ETIMEDOUT", "EINVAL", "ENOENT"], _tool.Errnos);
        var wait = memory.Futexes.WaitAsync(64, 0, bitset: 4).AsTask();
        Assert.Equal(0, await _tool.RunAsync("futex wake --shmem 0 64 --count 5 --bitset 0x3"));
        Assert.Equal(0, await _tool.RunAsync("futex wake --shmem 0 64 --count 5 --bitset 0x4 --json"));
        Assert.Equal("0\n{\"woken\":1}\n", _tool.Output);
        await wait;
    }

    private async Task<int> CountAsync()
    {
        var count = 0;
        await foreach (var each in _tool.Ipc.Locks.ListAsync()) count += each.Lock.Holders.Count + each.Lock.Waiters.Count;
        return count;
    }
}
