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
    [InlineData("fifo unlink /none", "unlink: ENOENT (no FIFO or socket has the path)")]
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

    [Fact]
    public async Task Read_and_write_are_short_for_the_verbs_of_FIFOs()
    {
        Assert.Equal(0, await _tool.RunAsync("mkfifo /run/f"));
        _tool.Input = new byte[200_000];
        var reading = _tool.RunAsync("read /run/f");
        await _tool.Traffic.ReachedAsync(Op.Description, 1).WaitAsync(Patience);
        Assert.Equal(0, await _tool.RunAsync("write /run/f"));
        Assert.Equal(0, await reading.WaitAsync(Patience));
        Assert.Equal(_tool.Input, _tool.Bytes);
    }

    [Fact]
    public async Task A_pipe_carries_standard_input_to_standard_output_and_leaves_nothing()
    {
        _tool.Input = new byte[300_000];
        Random.Shared.NextBytes(_tool.Input);
        Assert.Equal(0, await _tool.RunAsync("pipe --capacity 8192 --volatile").WaitAsync(Patience));
        Assert.Equal(_tool.Input, _tool.Bytes);
        await foreach (var entry in _tool.Ipc.Fifos.ListAllAsync()) Assert.Fail($"{entry} is left");
    }

    [Fact]
    public async Task A_pipe_is_shared_with_a_process_that_reads_it()
    {
        await using var own = await _tool.Ipc.Fifos.CreatePipeAsync(); // the first call makes the process
        _tool.Input = "hello"u8.ToArray();
        Assert.Equal(0, await _tool.RunAsync($"pipe --share {_tool.Ipc.Pid}").WaitAsync(Patience));
        var shared = _tool.Error.TrimEnd()["ipc: ".Length..];
        await using var reader = _tool.Ipc.Fifos.OpenShared(SharedDescription.Parse(shared));
        using var text = new StreamReader(reader.AsStream());
        Assert.Equal("hello", await text.ReadToEndAsync().WaitAsync(Patience));
        Assert.Equal(1, await _tool.RunAsync("pipe --share 999"));
        Assert.Contains("share: ESRCH", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tee_writes_to_every_FIFO_and_to_standard_output()
    {
        var readers = new List<IFifo>();
        foreach (var path in new[] { "/a", "/b" })
        {
            await _tool.Ipc.Fifos.CreateAsync(path);
            readers.Add(await _tool.Ipc.Fifos.OpenAsync(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking));
        }

        _tool.Input = "text"u8.ToArray();
        Assert.Equal(0, await _tool.RunAsync("tee /a /b").WaitAsync(Patience));
        Assert.Equal("text", _tool.Output);
        foreach (var reader in readers)
        {
            using var text = new StreamReader(reader.AsStream());
            Assert.Equal("text", await text.ReadToEndAsync().WaitAsync(Patience));
        }
    }

    [Fact]
    public async Task Lsof_shows_who_holds_what()
    {
        await _tool.Ipc.Fifos.CreateAsync("/run/f");
        await using var fifo = await _tool.Ipc.Fifos.OpenAsync("/run/f", OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        await using var pipe = await _tool.Ipc.Fifos.CreatePipeAsync();
        await using var queue = await _tool.Ipc.PosixMessageQueues.OpenAsync("/q", OpenFlags.Create | OpenFlags.ReadWrite);
        await using var other = await _tool.ConnectAsync(7);
        await pipe.Writer.ShareAsync((await OtherPidAsync(other)).Pid);
        Assert.Equal(0, await _tool.RunAsync("lsof"));
        var (pid, lines) = (_tool.Ipc.Pid, _tool.Output.TrimEnd().Split('\n').Select(Squeeze).ToArray());
        Assert.Equal(
            [
                "PID FD TYPE NODE NAME", $"{pid} 1u REG 0 /dev/mqueue/q", $"{pid} 1r FIFO 0 /run/f", $"{pid} 1r FIFO 1 pipe",
                $"{pid} 2w FIFO 1 pipe", $"{other.Pid} 2w FIFO 1 pipe",
            ],
            lines);
    }

    [Fact]
    public async Task Lsof_tells_a_stranger_nothing_and_finds_by_file_and_process()
    {
        await _tool.Ipc.Fifos.CreateAsync("/run/f");
        await using var fifo = await _tool.Ipc.Fifos.OpenAsync("/run/f", OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        await using var pipe = await _tool.Ipc.Fifos.CreatePipeAsync();
        Assert.Equal(0, await _tool.RunAsync("lsof --uid 7"));
        Assert.Single(_tool.Output.TrimEnd().Split('\n'));
        Assert.Equal(0, await _tool.RunAsync($"lsof /run/f --pid {_tool.Ipc.Pid} --json"));
        Assert.Contains("\"description\":1,\"mode\":\"r\",\"kind\":\"fifo\"", _tool.Output, StringComparison.Ordinal);
        var length = _tool.Output.Length;
        Assert.Equal(0, await _tool.RunAsync("lsof --pid 12345 --json"));
        Assert.Equal(length, _tool.Output.Length);
        Assert.Equal(1, await _tool.RunAsync("lsof /none"));
        Assert.Equal("ipc: lsof: nobody that you may see has '/none' open\n", _tool.Error);
    }

    private static async Task<IpcClient> OtherPidAsync(IpcClient client)
    {
        await foreach (var _ in client.Fifos.ListAsync()) break; // the first call makes the process
        return client;
    }

    private static string Squeeze(string line) =>
        string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
