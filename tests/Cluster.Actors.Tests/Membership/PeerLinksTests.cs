using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Cluster.Actors.Membership.Links;
using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Time;

namespace Cluster.Actors.Tests.Membership;

/// <summary>
/// When a process counts as dead: only if its watch link ended with FIN, then its port refuses or another process
/// answers there, and its ask link has ended too. The test plays the far end with a socket of its own, which behaves as
/// kernels, firewalls and other programs do.
/// </summary>
public sealed class PeerLinksTests : IDisposable
{
    private const int Self = 1;
    private const int Other = 2;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly Channel<int> _died = Channel.CreateUnbounded<int>();
    private readonly LeasedQuorum _quorum = new(() => BootClock.NowMs);
    private readonly PeerLinks _links;
    private readonly Socket _port;

    public PeerLinksTests()
    {
        _links = new PeerLinks(
            Self, new IPEndPoint(IPAddress.Loopback, 0), _quorum, 60_000, uid => _died.Writer.TryWrite(uid),
            () => BootClock.NowMs);
        _port = Listen();
        _links.SetView(new PeerView(true, new HashSet<int> { Other }, new HashSet<int> { Other }));
        _links.AddPeer(Other, (IPEndPoint)_port.LocalEndPoint!);
    }

    public void Dispose()
    {
        _links.Dispose();
        _port.Dispose();
    }

    [Fact]
    public async Task A_process_with_an_ended_link_and_a_refusing_port_is_dead()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        _port.Dispose();
        watch.Dispose(); // the kernel closes the sockets of a dead process
        ask.Dispose();
        Assert.Equal(Other, await DiedAsync());
    }

    [Fact]
    public async Task A_process_that_another_process_has_replaced_is_dead()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        watch.Dispose();
        ask.Dispose();
        await GreetAsync(PeerLinkKind.Watch, uid: 77);
        Assert.Equal(Other, await DiedAsync());
    }

    [Fact]
    public async Task An_answering_process_with_an_ended_watch_link_and_a_refusing_port_is_not_dead()
    {
        // A device between the nodes closes idle connections and accepts no new ones.
        var (watch, ask) = await GreetBothAsync(Other);
        _port.Dispose();
        watch.Dispose();
        for (var i = 0; i < 8; i++)
        {
            var (askedMs, _) = PeerLinkFrame.Ping(await ReadAsync(ask));
            await ask.SendAsync(PeerLinkFrame.Ping(askedMs, 2));
        }

        Assert.True(await AreTakenAsync(ask, BootClock.NowMs));
        Assert.False(_died.Reader.TryRead(out _));
        ask.Dispose(); // in the end the ask link too
        await Assert.ThrowsAsync<TimeoutException>(
            () => _died.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task A_refusing_port_proves_nothing_before_the_ask_link_has_ended()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        _port.Dispose();
        watch.Dispose();
        await IsNotDeadAsync(ask);
        ask.Dispose();
        Assert.Equal(Other, await DiedAsync());
    }

    [Fact]
    public async Task A_bye_is_no_answer()
    {
        var (_, ask) = await GreetBothAsync(Other);
        await ask.SendAsync(PeerLinkFrame.Hello(PeerLinkKind.Bye, Other, Self));
        Assert.True(await AreTakenAsync(ask, BootClock.NowMs));
        Assert.False(_quorum.IsFresh);
        var (askedMs, _) = PeerLinkFrame.Ping(await ReadAsync(ask));
        await ask.SendAsync(PeerLinkFrame.Ping(askedMs, 2));
        while (!_quorum.IsFresh) await ReadAsync(ask); // until the answer has been read
    }

    [Fact]
    public async Task A_broken_link_does_not_make_an_answering_process_dead()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        watch.Dispose();
        using var again = await GreetAsync(PeerLinkKind.Watch, Other);
        await IsNotDeadAsync(ask);
    }

    [Fact]
    public async Task A_reset_proves_nothing_even_if_the_port_refuses()
    {
        // A firewall that rejects with tcp-reset, in front of a process that lives.
        var (watch, ask) = await GreetBothAsync(Other);
        _port.Dispose();
        watch.LingerState = new LingerOption(true, 0);
        watch.Dispose();
        await IsNotDeadAsync(ask);
    }

    [Fact]
    public async Task A_port_of_another_program_proves_nothing()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        watch.Dispose();
        using var caller = await _port.AcceptAsync();
        await caller.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        await IsNotDeadAsync(ask);
    }

    [Fact]
    public async Task A_process_that_says_bye_is_not_dead_yet()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        await watch.SendAsync(PeerLinkFrame.Hello(PeerLinkKind.Bye, Other, Self));
        watch.Dispose();
        _port.Dispose();
        await IsNotDeadAsync(ask);
    }

    [Fact]
    public async Task A_node_marked_as_down_is_dead_when_its_process_exits_even_if_it_said_bye()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        _links.SetView(
            new PeerView(true, new HashSet<int>(), new HashSet<int>()) { Down = new HashSet<int> { Other } });
        Assert.True(await AreTakenAsync(ask, BootClock.NowMs)); // the view has been taken too
        await watch.SendAsync(PeerLinkFrame.Hello(PeerLinkKind.Bye, Other, Self));
        watch.Dispose();
        _port.Dispose();
        ask.Dispose();
        Assert.Equal(Other, await DiedAsync());
    }

    [Fact]
    public async Task A_stopped_process_is_not_dead()
    {
        // SIGSTOP: the kernel still accepts connections, and the process does not answer.
        var (_, ask) = await GreetBothAsync(Other);
        await IsNotDeadAsync(ask);
    }

    [Fact]
    public async Task An_answer_of_the_majority_gives_a_lease_and_no_answer_gives_none()
    {
        var (_, ask) = await GreetBothAsync(Other);
        Assert.False(_quorum.IsFresh);
        var (askedMs, _) = PeerLinkFrame.Ping(await ReadAsync(ask));
        await ask.SendAsync(PeerLinkFrame.Ping(askedMs, 2));
        while (!_quorum.IsFresh) await ReadAsync(ask); // until the answer has been read
        _links.SetView(new PeerView(false, new HashSet<int> { Other }, new HashSet<int> { Other }));
        while (_quorum.IsFresh) await ReadAsync(ask);
    }

    [Fact]
    public async Task The_links_of_a_process_follow_its_new_port()
    {
        // The actor at the far end was restarted, and its kernel chose another port.
        var (watch, _) = await GreetBothAsync(Other);
        using var elsewhere = Listen();
        await watch.SendAsync(PeerLinkFrame.Hello(PeerLinkKind.Bye, Other, Self));
        _links.AddPeer(Other, (IPEndPoint)elsewhere.LocalEndPoint!);
        var (again, ask) = await GreetBothAsync(elsewhere, Other);
        elsewhere.Dispose();
        again.Dispose();
        ask.Dispose();
        Assert.Equal(Other, await DiedAsync());
    }

    [Fact]
    public async Task Only_a_member_gets_an_answer()
    {
        using var member = await CallAsync(PeerLinkKind.Ask, Other);
        using var stranger = await CallAsync(PeerLinkKind.Ask, 99);
        await stranger.SendAsync(PeerLinkFrame.Ping(5, 0));
        await member.SendAsync(PeerLinkFrame.Ping(6, 0));
        Assert.Equal((6, 2), PeerLinkFrame.Ping(await ReadAsync(member)));
        Assert.Equal(0, stranger.Available);
    }

    [Fact]
    public async Task Many_links_of_strangers_keep_no_member_out()
    {
        using var member = await CallAsync(PeerLinkKind.Ask, Other);
        var strangers = new List<Socket>();
        try
        {
            for (var i = 0; i <= PeerLinks.StrangersBound; i++) strangers.Add(await CallAsync(PeerLinkKind.Ask, 1_000 + i));
            Assert.Null(await TryReadAsync(strangers[0])); // the oldest one of them was closed
            await member.SendAsync(PeerLinkFrame.Ping(6, 0));
            Assert.Equal((6, 2), PeerLinkFrame.Ping(await ReadAsync(member)));
        }
        finally
        {
            foreach (var stranger in strangers) stranger.Dispose();
        }
    }

    private async Task<Socket> CallAsync(PeerLinkKind kind, int uid)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, _links.Port);
            try
            {
                await socket.SendAsync(PeerLinkFrame.Hello(kind, uid, Self));
                if (await TryReadAsync(socket) is { } hello)
                {
                    Assert.True(PeerLinkFrame.TryHello(hello, out _, out var from, out _));
                    Assert.Equal(Self, from);
                    return socket;
                }
            }
            catch (SocketException)
            {
                // The link was closed: connect again.
            }

            socket.Dispose(); // the links close a connection without a hello after 1 s: this test was too slow
        }
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private Task<(Socket Watch, Socket Ask)> GreetBothAsync(int uid) => GreetBothAsync(_port, uid);

    private static async Task<(Socket Watch, Socket Ask)> GreetBothAsync(Socket port, int uid)
    {
        var found = new Dictionary<PeerLinkKind, Socket>();
        while (true)
        {
            while (found.Count < 2)
            {
                var socket = await port.AcceptAsync().WaitAsync(Soon);
                if (await AnswerAsync(socket, uid) is { } kind) found[kind] = socket;
            }

            if (!await AreTakenAsync(found[PeerLinkKind.Ask], BootClock.NowMs)) found.Remove(PeerLinkKind.Ask);
            else if (IsClosed(found[PeerLinkKind.Watch])) found.Remove(PeerLinkKind.Watch);
            else return (found[PeerLinkKind.Watch], found[PeerLinkKind.Ask]);
        }
    }

    // The second question asked after sentMs shows that the links have read everything sent before. Earlier questions
    // do not count: a busy machine may deliver them late. Returns false if the links have closed this link.
    private static async Task<bool> AreTakenAsync(Socket ask, long sentMs)
    {
        try
        {
            for (var later = 0; later < 2;)
            {
                await ask.ReceiveAsync(Memory<byte>.Empty).AsTask().WaitAsync(Soon); // until data has arrived
                if (IsClosed(ask)) return false;
                if (PeerLinkFrame.Ping(await ReadAsync(ask)).AskedMs > sentMs) later++;
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool IsClosed(Socket socket) => socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;

    private async Task<Socket> GreetAsync(PeerLinkKind kind, int uid)
    {
        while (true)
        {
            var socket = await _port.AcceptAsync().WaitAsync(Soon);
            if (await AnswerAsync(socket, uid) == kind) return socket;
        }
    }

    // Null: the links closed the connection because the busy machine did not answer within 1 s. They connect again.
    private static async Task<PeerLinkKind?> AnswerAsync(Socket socket, int uid)
    {
        try
        {
            if (await TryReadAsync(socket) is not { } hello) return null;
            Assert.True(PeerLinkFrame.TryHello(hello, out var kind, out var from, out var to));
            Assert.Equal((Self, Other), (from, to));
            await socket.SendAsync(PeerLinkFrame.Hello(kind, uid, from));
            return kind;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static async Task<byte[]> ReadAsync(Socket socket)
    {
        var frame = await TryReadAsync(socket);
        Assert.NotNull(frame);
        return frame;
    }

    // Null: the link has ended.
    private static async Task<byte[]?> TryReadAsync(Socket socket)
    {
        var frame = new byte[PeerLinkFrame.Bytes];
        for (var filled = 0; filled < frame.Length;)
        {
            var count = await socket.ReceiveAsync(frame.AsMemory(filled)).AsTask().WaitAsync(Soon);
            if (count == 0) return null;
            filled += count;
        }

        return frame;
    }

    private async Task<int> DiedAsync() => await _died.Reader.ReadAsync().AsTask().WaitAsync(Soon);

    // Long enough for four attempts to connect again: questions arrive on the ask link all the time.
    private async Task IsNotDeadAsync(Socket link)
    {
        for (var i = 0; i < 8; i++) await ReadAsync(link);
        Assert.False(_died.Reader.TryRead(out _));
    }
}
