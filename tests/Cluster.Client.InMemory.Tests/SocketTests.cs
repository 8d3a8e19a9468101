using System.Net.Sockets;
using System.Text;
using Cluster.Protocol;
using SocketShutdown = System.Net.Sockets.SocketShutdown;

namespace Cluster.Client.InMemory.Tests;

/// <summary>Stream sockets as a program uses them: unix(7).</summary>
public sealed class SocketTests : KernelTests
{
    private const string Path = "/run/s";

    [Fact]
    public async Task A_pair_carries_bytes_both_ways()
    {
        await using var pair = await Ipc.Sockets.CreatePairAsync();
        Assert.Equal(5, await pair.First.SendAsync("hello"u8.ToArray()));
        Assert.Equal(5, await pair.First.SendAsync("world"u8.ToArray()));
        Assert.Equal("hellowo", await TextAsync(pair.Second, 7));
        await pair.Second.SendAsync("yes"u8.ToArray());
        Assert.Equal("yes", await TextAsync(pair.First, 100));
        Assert.Equal("rld", await TextAsync(pair.Second, 100));
        Assert.Matches("^socket:\\[[0-9]+\\]$", pair.First.Name);
        await foreach (var entry in Ipc.Sockets.ListAsync()) Assert.Fail($"{entry} is listed");
    }

    [Theory]
    [InlineData("/run//s")]
    [InlineData("@abstract")]
    public async Task A_connection_is_accepted_by_another_process(string name)
    {
        await using var client = Client(0);
        await using var listener = await Ipc.Sockets.ListenAsync(name);
        var accepting = listener.AcceptAsync();
        Assert.False(accepting.IsCompleted);
        await using var socket = await client.Sockets.ConnectAsync(name);
        await using var accepted = await accepting;
        await socket.SendAsync("question"u8.ToArray());
        Assert.Equal("question", await TextAsync(accepted, 100));
        await accepted.SendAsync("answer"u8.ToArray());
        Assert.Equal("answer", await TextAsync(socket, 100));
        var (own, other) = (await socket.GetInfoAsync(), await accepted.GetInfoAsync());
        Assert.Equal(new SocketCredentials(Ipc.Pid, 1000, 1000), own.Ends[0].Peer);
        Assert.Equal(new SocketCredentials(client.Pid, 0, 0), other.Ends[0].Peer);
        Assert.Equal(SocketName.Normalize(name), own.Name);
    }

    [Fact]
    public async Task A_connection_can_be_written_and_closed_before_it_is_accepted()
    {
        await using var listener = await Ipc.Sockets.ListenAsync(Path);
        var socket = await Ipc.Sockets.ConnectAsync(Path);
        await socket.SendAsync("early"u8.ToArray());
        await socket.CloseAsync();
        await using var accepted = await listener.AcceptAsync();
        Assert.Equal("early", await TextAsync(accepted, 100));
        Assert.Equal(0, await accepted.ReceiveAsync(new byte[1]));
        await FailsAsync(Errno.EPIPE, () => accepted.SendAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task A_client_whose_process_ended_is_accepted_too()
    {
        await using var listener = await Ipc.Sockets.ListenAsync(Path);
        var client = Client(0);
        var socket = await client.Sockets.ConnectAsync(Path);
        await socket.SendAsync("last words"u8.ToArray());
        await client.DisposeAsync();
        await using var accepted = await listener.AcceptAsync();
        Assert.Equal("last words", await TextAsync(accepted, 100));
        Assert.Equal(0, await accepted.ReceiveAsync(new byte[1]));
    }

    [Fact]
    public async Task Names_are_free_as_on_Linux()
    {
        await FailsAsync(Errno.ENOENT, () => Ipc.Sockets.ConnectAsync(Path));
        await FailsAsync(Errno.ECONNREFUSED, () => Ipc.Sockets.ConnectAsync("@none"));
        await FailsAsync(Errno.EINVAL, () => Ipc.Sockets.ListenAsync("relative"));
        await FailsAsync(Errno.EINVAL, () => Ipc.Sockets.ListenAsync("/" + new string('x', 107)));
        var (path, name) = (await Ipc.Sockets.ListenAsync(Path), await Ipc.Sockets.ListenAsync("@name"));
        await FailsAsync(Errno.EADDRINUSE, () => Ipc.Sockets.ListenAsync(Path));
        await FailsAsync(Errno.EADDRINUSE, () => Ipc.Sockets.ListenAsync("@name"));
        await path.CloseAsync();
        await name.CloseAsync();
        await FailsAsync(Errno.ECONNREFUSED, () => Ipc.Sockets.ConnectAsync(Path));
        await FailsAsync(Errno.EADDRINUSE, () => Ipc.Sockets.ListenAsync(Path)); // the path outlives its socket
        await FailsAsync(Errno.ECONNREFUSED, () => Ipc.Sockets.ConnectAsync("@name"));
        await using var again = await Ipc.Sockets.ListenAsync("@name");
        await Ipc.Sockets.UnlinkAsync(Path);
        await using var next = await Ipc.Sockets.ListenAsync(Path);
    }

    [Fact]
    public async Task The_permission_to_write_is_needed_to_connect_to_a_path()
    {
        await using var stranger = Client(2000);
        var options = new SocketListenOptions { Mode = UnixFileMode.UserWrite | UnixFileMode.OtherRead };
        await using var listener = await Ipc.Sockets.ListenAsync(Path, options);
        await FailsAsync(Errno.EACCES, () => stranger.Sockets.ConnectAsync(Path));
        await FailsAsync(Errno.EPERM, () => stranger.Sockets.UnlinkAsync(Path));
        await using var hidden = await Ipc.Sockets.ListenAsync("@free", options);
        await using var connected = await stranger.Sockets.ConnectAsync("@free");
        await FailsAsync(
            Errno.EPROTOTYPE, () => Ipc.Sockets.ConnectAsync(Path, new SocketOptions { Type = SocketType.Seqpacket }));
    }

    [Fact]
    public async Task A_full_backlog_keeps_connect_waiting()
    {
        await using var listener = await Ipc.Sockets.ListenAsync(Path, new SocketListenOptions { Backlog = 0 });
        await using var first = await Ipc.Sockets.ConnectAsync(Path);
        await FailsAsync(Errno.EAGAIN, () => Ipc.Sockets.ConnectAsync(Path, new SocketOptions { NonBlocking = true }));
        await FailsAsync(Errno.EAGAIN, () => Ipc.Sockets.ConnectAsync(Path, timeout: TimeSpan.Zero));
        var second = Ipc.Sockets.ConnectAsync(Path);
        Assert.False(second.IsCompleted);
        using var interrupt = new CancellationTokenSource();
        var third = Ipc.Sockets.ConnectAsync(Path, cancellationToken: interrupt.Token);
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        await using var one = await listener.AcceptAsync();
        await using var two = await second;
        await using var three = await listener.AcceptAsync();
        await FailsAsync(Errno.ETIMEDOUT, () => listener.AcceptAsync(TimeSpan.Zero));
        await listener.SetNonblockingAsync(true);
        await FailsAsync(Errno.EAGAIN, () => listener.AcceptAsync());
    }

    [Fact]
    public async Task A_listener_that_ends_resets_its_backlog()
    {
        var listener = await Ipc.Sockets.ListenAsync(Path);
        await using var socket = await Ipc.Sockets.ConnectAsync(Path);
        await socket.SendAsync(new byte[10]);
        var receiving = socket.ReceiveAsync(new byte[1]).AsTask();
        await listener.CloseAsync();
        await FailsAsync(Errno.ECONNRESET, () => receiving);
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1])); // it is told once
        await FailsAsync(Errno.EPIPE, () => socket.SendAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task Accepts_of_two_processes_compete()
    {
        await using var child = Client(0);
        await using var own = await child.Sockets.CreatePairAsync(); // the first call makes the process
        await using var listener = await Ipc.Sockets.ListenAsync(Path);
        await using var inherited = child.Sockets.OpenSharedListener(await listener.ShareAsync(child.Pid));
        var (here, there) = (listener.AcceptAsync(), inherited.AcceptAsync());
        await using var one = await Ipc.Sockets.ConnectAsync(Path);
        await using var two = await Ipc.Sockets.ConnectAsync(Path);
        var accepted = await Task.WhenAll(here, there); // which process was first is not known
        await one.SendAsync("text"u8.ToArray());
        await two.SendAsync("text"u8.ToArray());
        foreach (var socket in accepted) Assert.Equal("text", await TextAsync(socket, 100));
        await listener.CloseAsync();
        var left = inherited.AcceptAsync();
        await inherited.ShutdownAsync();
        await FailsAsync(Errno.EINVAL, () => left);
        await FailsAsync(Errno.ECONNREFUSED, () => Ipc.Sockets.ConnectAsync(Path));
    }

    [Fact]
    public async Task A_close_with_unread_bytes_resets_the_other_end()
    {
        var pair = await Ipc.Sockets.CreatePairAsync();
        await pair.First.SendAsync("kept"u8.ToArray());
        await pair.Second.SendAsync("never read"u8.ToArray());
        await pair.First.CloseAsync();
        Assert.Equal("kept", await TextAsync(pair.Second, 100)); // before the error
        Assert.Equal(
            PollEvents.Error | PollEvents.HangUp | PollEvents.Readable, await pair.Second.PollAsync(PollEvents.Readable));
        await FailsAsync(Errno.ECONNRESET, () => pair.Second.ReceiveAsync(new byte[1]).AsTask());
        Assert.Equal(0, await pair.Second.ReceiveAsync(new byte[1]));
        await FailsAsync(Errno.EPIPE, () => pair.Second.SendAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task Shutdown_ends_one_direction()
    {
        await using var pair = await Ipc.Sockets.CreatePairAsync();
        var waiting = pair.Second.ReceiveAsync(new byte[1]).AsTask();
        await pair.First.ShutdownAsync(SocketShutdown.Send);
        Assert.Equal(0, await waiting);
        await FailsAsync(Errno.EPIPE, () => pair.First.SendAsync(new byte[1]).AsTask());
        await pair.Second.SendAsync("still"u8.ToArray());
        Assert.Equal("still", await TextAsync(pair.First, 100));
        await pair.First.ShutdownAsync(SocketShutdown.Receive);
        await FailsAsync(Errno.EPIPE, () => pair.Second.SendAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task A_full_buffer_takes_the_rest_as_room_appears()
    {
        await using var pair = await Ipc.Sockets.CreatePairAsync();
        var data = new byte[500_000];
        Random.Shared.NextBytes(data);
        var sending = pair.First.SendAsync(data).AsTask();
        Assert.Equal(PollEvents.None, await pair.First.PollAsync(PollEvents.Writable, TimeSpan.Zero));
        Assert.Equal(Bounds.SocketBytes, (await pair.Second.GetInfoAsync()).Ends[0].Receivable);
        var all = new byte[data.Length];
        Assert.Equal(data.Length, await pair.Second.ReceiveAsync(all, ReceiveFlags.WaitAll));
        Assert.Equal(data, all);
        Assert.Equal(data.Length, await sending);
        Assert.Equal(Bounds.SocketBytes, await pair.First.SendAsync(data, TimeSpan.Zero));
        await pair.First.SetNonblockingAsync(true);
        await FailsAsync(Errno.EAGAIN, () => pair.First.SendAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task A_peek_leaves_the_bytes()
    {
        await using var pair = await Ipc.Sockets.CreatePairAsync();
        var buffer = new byte[10];
        await FailsAsync(
            Errno.EAGAIN, () => pair.First.ReceiveAsync(buffer, ReceiveFlags.Peek | ReceiveFlags.DontWait).AsTask());
        await FailsAsync(Errno.EAGAIN, () => pair.First.ReceiveAsync(buffer, ReceiveFlags.DontWait).AsTask());
        var peeking = pair.First.ReceiveAsync(buffer, ReceiveFlags.Peek).AsTask();
        Assert.False(peeking.IsCompleted);
        await pair.Second.SendAsync("look"u8.ToArray());
        Assert.Equal(4, await peeking);
        Assert.Equal("look", await TextAsync(pair.First, 100));
    }

    [Fact]
    public async Task Packets_keep_their_bounds()
    {
        await using var pair = await Ipc.Sockets.CreatePairAsync(new SocketOptions { Type = SocketType.Seqpacket });
        await pair.First.SendAsync("one"u8.ToArray());
        await pair.First.SendAsync(ReadOnlyMemory<byte>.Empty);
        await pair.First.SendAsync("three"u8.ToArray());
        Assert.Equal("on", await TextAsync(pair.Second, 2)); // the rest is lost
        Assert.Equal("", await TextAsync(pair.Second, 10));
        Assert.Equal("three", await TextAsync(pair.Second, 10));
        await FailsAsync(Errno.EMSGSIZE, () => pair.First.SendAsync(new byte[Bounds.SocketBytes]).AsTask());
    }

    [Fact]
    public async Task A_stream_copies_and_ends()
    {
        await using var pair = await Ipc.Sockets.CreatePairAsync();
        await using (var writer = new StreamWriter(pair.First.AsStream())) await writer.WriteAsync("line");
        using var reader = new StreamReader(pair.Second.AsStream());
        Assert.Equal("line", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task A_shared_end_is_closed_with_its_last_holder()
    {
        await using var child = Client(0);
        await using var own = await child.Sockets.CreatePairAsync(); // the first call makes the process
        var pair = await Ipc.Sockets.CreatePairAsync();
        await using var inherited = child.Sockets.OpenShared(await pair.First.ShareAsync(child.Pid));
        await pair.First.CloseAsync();
        await inherited.SendAsync("from the child"u8.ToArray());
        Assert.Equal("from the child", await TextAsync(pair.Second, 100));
        await inherited.CloseAsync();
        Assert.Equal(0, await pair.Second.ReceiveAsync(new byte[1]));
    }

    private static async Task<string> TextAsync(ISocketConnection socket, int most)
    {
        var buffer = new byte[most];
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer));
    }
}
