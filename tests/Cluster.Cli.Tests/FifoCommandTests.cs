using Cluster.Client;
using Op = Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Tests;

/// <summary>ipc mkfifo; ipc fifo: create, read, write, state, stat, unlink; and ls, cat and rm of FIFOs.</summary>
public sealed class FifoCommandTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Tool _tool = new();

    [Theory]
    [InlineData("mkfifo /run/f --mode 0620 --volatile")]
    [InlineData("fifo create /run//f --mode 0620 --volatile")]
    public async Task A_FIFO_is_made_with_exactly_the_mode(string line)
    {
        Assert.Equal(0, await _tool.RunAsync(line));
        Assert.Equal(0, await _tool.RunAsync("fifo stat /run/f --json"));
        Assert.Equal(
            ("/run/f", "0620", true),
            (_tool.Json.GetProperty("file").GetString(), _tool.Json.GetProperty("mode").GetString(),
                _tool.Json.GetProperty("volatile").GetBoolean()));
    }

    [Theory]
    [InlineData("mkfifo /f", "mkfifo: EEXIST (the path has a FIFO)")]
    [InlineData("mkfifo f", "mkfifo: EINVAL (a path begins with '/'")]
    [InlineData("mkfifo /f/", "mkfifo: ENOENT (the path is empty, or ends with '/')")]
    [InlineData("fifo read /none", "open: ENOENT (no FIFO has the path)")]
    [InlineData("fifo write /none text", "open: ENOENT (")]
    [InlineData("fifo state /none", "open: ENOENT (")]
    [InlineData("fifo stat /none", "stat: ENOENT (")]
    [InlineData("fifo unlink /none", "unlink: ENOENT (no FIFO has the path)")]
    [InlineData("fifo read /secret", "open: EACCES (permission denied)")]
    [InlineData("fifo unlink /secret", "unlink: EPERM (the FIFO is another user's)")]
    public async Task A_call_that_fails_says_why(string line, string said)
    {
        await _tool.Ipc.Fifos.CreateAsync("/f");
        Assert.Equal(0, await _tool.RunAsync("mkfifo /secret --mode 0600 --uid 1"));
        Assert.Equal(1, await _tool.RunAsync($"{line} --uid 7"));
        Assert.StartsWith($"ipc: {said}", _tool.Error, StringComparison.Ordinal);
        Assert.Equal(0, _tool.Connected);
    }

    [Fact]
    public async Task What_one_command_writes_another_one_reads_to_its_end()
    {
        Assert.Equal(0, await _tool.RunAsync("mkfifo /run/f"));
        var reading = _tool.RunAsync("fifo read /run/f");
        await _tool.Traffic.ReachedAsync(Op.Description, 1).WaitAsync(Patience);
        Assert.Equal(0, await _tool.RunAsync("fifo", "write", "/run/f", "hello world"));
        Assert.Equal(0, await reading.WaitAsync(Patience));
        Assert.Equal("hello world", _tool.Output);
    }

    [Fact]
    public async Task Cat_reads_a_FIFO_as_a_file()
    {
        Assert.Equal(0, await _tool.RunAsync("mkfifo /run/f"));
        var reading = _tool.RunAsync("cat /run/f");
        await _tool.Traffic.ReachedAsync(Op.Description, 1).WaitAsync(Patience);
        Assert.Equal(0, await _tool.RunAsync("fifo write /run/f text"));
        Assert.Equal(0, await reading.WaitAsync(Patience));
        Assert.Equal("text", _tool.Output);
    }

    [Fact]
    public async Task State_tells_what_a_FIFO_has_without_this_command()
    {
        Assert.Equal(0, await _tool.RunAsync("mkfifo /f --mode 0666"));
        await using var both = await _tool.Ipc.Fifos.OpenAsync("/f", OpenFlags.ReadWrite);
        await both.WriteAsync(new byte[7]);
        Assert.Equal(0, await _tool.RunAsync("fifo state /f --json"));
        Assert.Equal("{\"capacity\":65536,\"bytes\":7,\"readers\":1,\"writers\":1}\n", _tool.Output);
    }

    [Fact]
    public async Task Ls_and_rm_know_FIFOs_by_their_paths()
    {
        foreach (var path in new[] { "/run/a", "/run/b" }) Assert.Equal(0, await _tool.RunAsync($"mkfifo {path}"));
        Assert.Equal(0, await _tool.RunAsync("ls fifo"));
        var lines = _tool.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(["/run/a", "/run/b"], lines.Select(line => line.Split(' ')[^1]));
        Assert.All(lines, line => Assert.StartsWith("prw-r--r-- 1 ", line, StringComparison.Ordinal));
        Assert.Equal(0, await _tool.RunAsync("ls /run/a"));
        Assert.Equal(0, await _tool.RunAsync("rm /run/a"));
        Assert.Equal(0, await _tool.RunAsync("rm fifo /run/b"));
        Assert.Equal(1, await _tool.RunAsync("ls /run/a"));
        Assert.Contains("cannot access '/run/a': No such file or directory", _tool.Error, StringComparison.Ordinal);
    }
}
