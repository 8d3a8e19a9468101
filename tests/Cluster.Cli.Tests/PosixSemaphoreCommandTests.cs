using System.Diagnostics;
using Cluster.Client;
using Op = Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Tests;

/// <summary>ipc psem: create, wait, post, value, exec, stat, unlink; and the files of semaphores.</summary>
public sealed class PosixSemaphoreCommandTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Tool _tool = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("ipc-psem-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Create_makes_a_semaphore_with_the_value_and_exactly_the_mode()
    {
        Assert.Equal(0, await _tool.RunAsync("psem create /a --uid 7"));
        Assert.Equal(0, await _tool.RunAsync("psem create b --value 5 --mode 0666 --excl --volatile --json"));
        Assert.Equal("{\"name\":\"/b\",\"id\":1}\n", _tool.Output);
        Assert.Equal(0, await _tool.RunAsync("psem create //b --value 9"));
        Assert.Equal((1, 5), (await ValueAsync("/a"), await ValueAsync("/b")));
        Assert.Equal((0x1A4, Durability.Durable), await StatAsync("/a"));
        Assert.Equal((0x1B6, Durability.Volatile), await StatAsync("/b"));
    }

    [Theory]
    [InlineData("psem create /s --excl", "EEXIST (a semaphore has the name)")]
    [InlineData("psem create /new --value -1", "EINVAL (")]
    [InlineData("psem create /new --value 2147483648", "EINVAL (")]
    [InlineData("psem create /a/b", "EINVAL (a name has no '/' but at its start")]
    [InlineData("psem wait /none", "ENOENT (no semaphore has the name)")]
    [InlineData("psem post /none", "ENOENT (")]
    [InlineData("psem value /none", "ENOENT (")]
    [InlineData("psem exec /none -- true", "ENOENT (")]
    [InlineData("psem wait /secret", "EACCES (")]
    [InlineData("psem value /readable", "EACCES (")]
    [InlineData("psem unlink /none", "ENOENT (", "sem_unlink")]
    [InlineData("psem unlink /a/b", "ENOENT (", "sem_unlink")]
    [InlineData("psem stat /none", "ENOENT (", "stat")]
    [InlineData("psem post /full", "EOVERFLOW (the value is 2147483647 already)", "sem_post")]
    [InlineData("psem wait /s --nowait", "EAGAIN (", "sem_trywait")]
    [InlineData("psem exec /s --nowait -- true", "EAGAIN (", "sem_trywait")]
    public async Task A_call_that_fails_says_why(string line, string said, string call = "sem_open")
    {
        await MakeAsync("/s", 0);
        await MakeAsync("/full", int.MaxValue);
        Assert.Equal(0, await _tool.RunAsync("psem create /secret --mode 0600 --uid 1"));
        Assert.Equal(0, await _tool.RunAsync("psem create /readable --mode 0644 --uid 1"));
        Assert.Equal(1, await _tool.RunAsync(Before(line, "--uid 7")));
        Assert.StartsWith($"ipc: {call}: {said}", _tool.Error, StringComparison.Ordinal);
        Assert.Empty(_tool.Output);
        Assert.Equal(0, _tool.Connected);
    }

    [Theory]
    [InlineData("psem create /s --value many")]
    [InlineData("psem create /s --mode 8")]
    [InlineData("psem wait /s --nowait --timeout 1s")]
    [InlineData("psem exec /s --nowait --timeout 1s -- true")]
    [InlineData("psem exec /s")]
    [InlineData("psem value")]
    public async Task A_command_line_that_makes_no_sense_is_refused(string line) =>
        Assert.Equal(2, await _tool.RunAsync(line));

    [Fact]
    public async Task Wait_takes_and_post_gives()
    {
        await MakeAsync("/s", 2);
        Assert.Equal(0, await _tool.RunAsync("psem wait /s"));
        Assert.Equal(0, await _tool.RunAsync("psem wait s --nowait"));
        Assert.Equal(0, await ValueAsync("/s"));
        Assert.Equal(0, await _tool.RunAsync("psem post /s"));
        Assert.Equal(0, await _tool.RunAsync("psem value /s"));
        Assert.Equal("1\n", _tool.Output);
    }

    [Fact]
    public async Task A_wait_times_out_with_exit_code_124_or_gets_what_is_posted()
    {
        await MakeAsync("/s", 0);
        Assert.Equal(124, await _tool.RunAsync("psem wait /s --timeout 20ms"));
        Assert.StartsWith("ipc: sem_wait: ETIMEDOUT ", _tool.Error, StringComparison.Ordinal);
        var waiting = _tool.RunAsync("psem wait /s");
        await _tool.Traffic.ReachedAsync(Op.PosixSemaphore, 2).WaitAsync(Patience);
        Assert.Equal(0, await _tool.RunAsync("psem value /s --json"));
        Assert.Equal("{\"value\":0,\"waiters\":1}\n", _tool.Output);
        Assert.Equal(0, await _tool.RunAsync("psem post /s"));
        Assert.Equal(0, await waiting.WaitAsync(Patience));
    }

    [Theory]
    [InlineData("--release-on-death", true)]
    [InlineData("--timeout=10s", false)]
    public async Task Exec_takes_while_the_command_runs_and_posts_after_it(string option, bool releases)
    {
        var semaphore = await MakeAsync("/s", 1);
        var pipe = Path.Combine(_folder, "pipe");
        using (var made = Process.Start("mkfifo", [pipe])) await made.WaitForExitAsync();
        var said = Path.Combine(_folder, "said");
        var running = _tool.RunAsync(
            "psem", "exec", "/s", option, "--", "sh", "-c", $"cat {pipe}; echo $IPC_REVISION > {said}");
        await File.WriteAllTextAsync(pipe, "").WaitAsync(Patience); // the command reads it: it runs
        Assert.Equal(0, await running.WaitAsync(Patience));
        Assert.Equal(1, await semaphore.GetValueAsync());
        Assert.Matches("^[1-9][0-9]*\n$", await File.ReadAllTextAsync(said));
        var calls = _tool.Traffic.Calls.Where(call => call.OpCase == Op.PosixSemaphore).ToArray();
        Assert.Equal(releases, calls[0].PosixSemaphore.Wait.Undo);
        Assert.Equal(releases, calls[1].PosixSemaphore.Post.Undo);
        Assert.Equal(("", ""), (_tool.Output, _tool.Error));
    }

    [Theory]
    [InlineData(7, "sh", "-c", "exit 7")]
    [InlineData(127, "/nowhere/command")]
    [InlineData(126, "/dev/null")]
    public async Task The_exit_code_of_the_command_is_the_tools_and_it_posts_all_the_same(
        int expected, params string[] command)
    {
        var semaphore = await MakeAsync("/s", 1);
        Assert.Equal(expected, await _tool.RunAsync(["psem", "exec", "/s", "--", .. command]));
        Assert.Equal(1, await semaphore.GetValueAsync());
        if (expected == 7) Assert.Equal("", _tool.Error);
        else Assert.StartsWith($"ipc: psem exec: cannot run {command[0]}: ", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_does_not_get_the_semaphore_is_not_run()
    {
        await MakeAsync("/s", 0);
        var file = Path.Combine(_folder, "file");
        Assert.Equal(124, await _tool.RunAsync($"psem exec /s --timeout 20ms -- touch {file}"));
        Assert.Equal(1, await _tool.RunAsync($"psem exec /s --nowait -- touch {file}"));
        Assert.False(File.Exists(file));
    }

    [Theory]
    [InlineData("/s")]
    [InlineData("s")]
    [InlineData("//s")]
    public async Task Stat_finds_the_semaphore_with_and_without_a_slash(string name)
    {
        await MakeAsync("/s", 0);
        Assert.Equal(0, await _tool.RunAsync($"psem stat {name} --json"));
        Assert.Equal(
            ("/dev/shm/sem.s", "/s", 32),
            (_tool.Json.GetProperty("file").GetString(), _tool.Json.GetProperty("name").GetString(),
                _tool.Json.GetProperty("size").GetInt32()));
    }

    [Fact]
    public async Task Ls_and_rm_know_the_files_of_semaphores()
    {
        foreach (var name in new[] { "/a", "/b", "/c" }) await MakeAsync(name, 0);
        foreach (var place in new[] { "sem", "psem", "/dev/shm" })
        {
            var before = _tool.Output.Length;
            Assert.Equal(0, await _tool.RunAsync($"ls {place}"));
            var lines = _tool.Output[before..].TrimEnd('\n').Split('\n');
            Assert.Equal(["sem.a", "sem.b", "sem.c"], lines.Select(line => line.Split(' ')[^1]));
            Assert.All(lines, line => Assert.Matches("^-rw-rw-rw- 1 .* 32 ", line));
        }

        Assert.Equal(0, await _tool.RunAsync("rm sem a"));
        Assert.Equal(0, await _tool.RunAsync("rm /dev/shm/sem.b"));
        Assert.Equal(1, await _tool.RunAsync("rm /dev/shm/c /dev/shm/sem. /dev/shm/sem./c /dev/shm/sem.a"));
        Assert.Equal(4, _tool.Error.Split("No such file or directory").Length - 1);
        Assert.Equal(0, await _tool.RunAsync("rm psem /c"));
        Assert.Empty(await _tool.Ipc.PosixSemaphores.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task Cat_writes_the_bytes_of_the_C_library()
    {
        await MakeAsync("/s", 7);
        Assert.Equal(0, await _tool.RunAsync("cat /dev/shm/sem.s"));
        Assert.Equal(
            "0700000000000000800000000000000000000000000000000000000000000000", Convert.ToHexString(_tool.Bytes));
        Assert.Equal(1, await _tool.RunAsync("cat /dev/shm/sem.none"));
        Assert.Equal("cat: /dev/shm/sem.none: No such file or directory\n", _tool.Error);
    }

    [Fact]
    public async Task Lsipc_lists_semaphores_with_their_values()
    {
        Assert.Equal(0, await _tool.RunAsync("psem create /gate --value 3 --mode 0666 --uid 0 --gid 0"));
        Assert.Equal(0, await _tool.RunAsync("psem create /secret --mode 0600 --uid 0 --gid 0"));
        Assert.Equal(0, await _tool.RunAsync("lsipc -S --uid 7 -o NAME,PERMS,OWNER,SVAL"));
        Assert.Equal(
            "NAME        PERMS OWNER SVAL\n/gate   rw-rw-rw-  root    3\n/secret rw-------  root \n", _tool.Output);
    }

    [Fact]
    public async Task Lsipc_shows_one_semaphore()
    {
        await MakeAsync("/gate", 3);
        Assert.Equal(0, await _tool.RunAsync("lsipc --posix-semaphores -N /gate --json"));
        Assert.Equal("3", _tool.Json.GetProperty("posix-semaphores")[0].GetProperty("sval").ToString());
        Assert.Equal(1, await _tool.RunAsync("lsipc -S -N /none"));
        Assert.Equal("ipc: lsipc: POSIX semaphore /none not found\n", _tool.Error);
    }

    // The options of the tool stand before the words of a command.
    private static string Before(string line, string option) =>
        line.Contains(" -- ", StringComparison.Ordinal)
            ? line.Replace(" -- ", $" {option} -- ", StringComparison.Ordinal)
            : $"{line} {option}";

    private Task<IPosixSemaphore> MakeAsync(string name, long value) =>
        _tool.Ipc.PosixSemaphores.OpenAsync(name, OpenFlags.Create, (UnixFileMode)0x1B6, value);

    private async Task<long> ValueAsync(string name)
    {
        await using var root = await _tool.ConnectAsync(uid: 0);
        await using var semaphore = await root.PosixSemaphores.OpenAsync(name);
        return await semaphore.GetValueAsync();
    }

    private async Task<(int Mode, Durability Lives)> StatAsync(string name)
    {
        var semaphores = _tool.Ipc.PosixSemaphores;
        var entry = await semaphores.ListAsync().FirstAsync(each => each.Name == name);
        var stat = await semaphores.StatAsync(entry);
        return ((int)stat.Mode, stat.Durability);
    }
}
