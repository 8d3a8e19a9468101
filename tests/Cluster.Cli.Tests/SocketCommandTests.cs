using System.Text;
using Cluster.Client;
using Op = Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Tests;

/// <summary>ipc listen, connect and ss; ipc socket: listen, connect, stat, unlink; and ls, cat and rm of sockets.</summary>
public sealed class SocketCommandTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Tool _tool = new();

    [Theory]
    [InlineData("connect /none", "connect: ENOENT (no socket has the path)")]
    [InlineData("socket connect @none", "connect: ECONNREFUSED (nobody listens at the name)")]
    [InlineData("connect /closed", "connect: ECONNREFUSED (nobody listens at the name)")]
    [InlineData("connect /open --type seqpacket", "connect: EPROTOTYPE (the two sockets have different types)")]
    [InlineData("connect relative", "connect: EINVAL (a name is a path")]
    [InlineData("listen /closed", "bind: EADDRINUSE (a socket has the name)")]
    [InlineData("listen /dir/", "bind: ENOENT (the path ends with '/')")]
    [InlineData("socket stat /none", "stat: ENOENT (")]
    [InlineData("socket unlink /none", "unlink: ENOENT (no FIFO or socket has the path)")]
    [InlineData("socket unlink @open", "unlink: EINVAL (")]
    [InlineData("connect /secret", "connect: EACCES (the caller may not write to the socket)")]
    public async Task A_call_that_fails_says_why(string line, string said)
    {
        await (await _tool.Ipc.Sockets.ListenAsync("/closed")).CloseAsync();
        await using var open = await _tool.Ipc.Sockets.ListenAsync("/open");
        var options = new SocketListenOptions { Mode = UnixFileMode.UserWrite };
        await using var secret = await _tool.Ipc.Sockets.ListenAsync("/secret", options);
        Assert.Equal(1, await _tool.RunAsync($"{line} --uid 7"));
        Assert.StartsWith($"ipc: {said}", _tool.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("listen", "connect", "/run/s")]
    [InlineData("socket listen", "socket connect", "@s")]
    public async Task Two_commands_exchange_their_standard_inputs(string listen, string connect, string name)
    {
        var caller = new Tool(_tool.Kernel); // both write at once, each to an output of its own
        (_tool.Input, caller.Input) = (Encoding.UTF8.GetBytes("answer\n"), Encoding.UTF8.GetBytes("question\n"));
        var listening = _tool.RunAsync($"{listen} {name}");
        await _tool.Traffic.ReachedAsync(Op.Socket, 1).WaitAsync(Patience);
        Assert.Equal(0, await caller.RunAsync($"{connect} {name} --timeout 30s").WaitAsync(Patience));
        Assert.Equal(0, await listening.WaitAsync(Patience));
        Assert.Equal(("question\n", "answer\n"), (_tool.Output, caller.Output));
        await foreach (var entry in _tool.Ipc.Sockets.ListAsync()) Assert.Fail($"{entry.Name} was not unlinked");
    }

    [Theory]
    [InlineData(3_000_000, 0)]
    [InlineData(0, 3_000_000)]
    [InlineData(3_000_000, 10)]
    public async Task Each_direction_goes_to_its_end_whichever_ends_first(int listens, int connects)
    {
        var (listener, caller) = (_tool, new Tool(_tool.Kernel));
        (listener.Input, caller.Input) = (new byte[listens], new byte[connects]);
        var listening = listener.RunAsync("listen /run/s");
        await listener.Traffic.ReachedAsync(Op.Socket, 1).WaitAsync(Patience);
        Assert.Equal(0, await caller.RunAsync("connect /run/s").WaitAsync(Patience));
        Assert.Equal(0, await listening.WaitAsync(Patience));
        Assert.Equal((connects, listens), (listener.Bytes.Length, caller.Bytes.Length));
    }

    [Fact]
    public async Task What_the_other_end_does_not_take_is_an_error()
    {
        await using var listener = await _tool.Ipc.Sockets.ListenAsync("/run/s");
        _tool.Input = new byte[3_000_000];
        var connecting = _tool.RunAsync("connect /run/s");
        await (await listener.AcceptAsync()).CloseAsync();
        Assert.Equal(1, await connecting.WaitAsync(Patience));
        Assert.Matches("ipc: (send: EPIPE|recv: ECONNRESET|send: ECONNRESET)", _tool.Error);
    }

    [Fact]
    public async Task Rm_says_that_an_abstract_name_goes_with_its_socket()
    {
        await using var listener = await _tool.Ipc.Sockets.ListenAsync("@s");
        Assert.Equal(1, await _tool.RunAsync("rm @s"));
        Assert.Equal("rm: cannot remove '@s': an abstract name goes with its socket\n", _tool.Error);
    }

    [Fact]
    public async Task Ls_and_rm_know_sockets_by_their_paths()
    {
        foreach (var path in new[] { "/run/a", "/run/b" })
            await (await _tool.Ipc.Sockets.ListenAsync(path)).CloseAsync();
        Assert.Equal(0, await _tool.RunAsync("ls socket"));
        var lines = _tool.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(["/run/a", "/run/b"], lines.Select(line => line.Split(' ')[^1]));
        Assert.All(lines, line => Assert.StartsWith("srwx", line, StringComparison.Ordinal));
        Assert.Equal(0, await _tool.RunAsync("ls /run/a"));
        Assert.Equal(1, await _tool.RunAsync("cat /run/a"));
        Assert.Equal(0, await _tool.RunAsync("rm /run/a"));
        Assert.Equal(0, await _tool.RunAsync("rm socket /run/b"));
        Assert.Equal(1, await _tool.RunAsync("ls /run/a"));
        Assert.Contains("cannot access '/run/a': No such file or directory", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ss_shows_listeners_and_both_ends_of_connections()
    {
        await using var listener = await _tool.Ipc.Sockets.ListenAsync("/run/s", new SocketListenOptions { Backlog = 5 });
        await using var one = await _tool.Ipc.Sockets.ConnectAsync("/run/s");
        await using var accepted = await listener.AcceptAsync();
        await using var two = await _tool.Ipc.Sockets.ConnectAsync("/run/s");
        await one.SendAsync(new byte[7]);
        Assert.Equal(0, await _tool.RunAsync("ss --uid 0"));
        var rows = _tool.Output.TrimEnd('\n').Split('\n')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        var (id, first, second) = (
            listener.Description.Id.ToString(), one.Description.Id.ToString(), two.Description.Id.ToString());
        var users = $"users:((pid={_tool.Ipc.Pid}))";
        Assert.Equal(
            ["Netid", "State", "Recv-Q", "Send-Q", "Local", "Address:Port", "Peer", "Address:Port", "Process"], rows[0]);
        Assert.Equal(["u_str", "LISTEN", "1", "5", "/run/s", id, "*", "0", users], rows[1]);
        Assert.Equal(["u_str", "ESTAB", "0", "7", "*", $"{first}.1", "*", $"{first}.2", users], rows[2]);
        Assert.Equal(["u_str", "ESTAB", "7", "0", "/run/s", $"{first}.2", "*", $"{first}.1", users], rows[3]);
        Assert.Equal(["u_str", "ESTAB", "0", "0", "*", $"{second}.1", "*", $"{second}.2", users], rows[4]);
        Assert.Equal(5, rows.Length);
    }
}
