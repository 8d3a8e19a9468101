using System.Net;
using System.Net.Sockets;
using Cluster.Actors.Membership.Links;
using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Time;

namespace Cluster.Actors.Tests.Membership;

/// <summary>Peer links that have a secret: members hear each other, and nobody else is heard.</summary>
public sealed class SealedLinksTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static readonly byte[] Secret = [.. Enumerable.Range(1, LinkSeal.SecretBytes).Select(i => (byte)i)];

    private static readonly byte[] Another = [.. Enumerable.Range(101, LinkSeal.SecretBytes).Select(i => (byte)i)];

    [Fact]
    public async Task Two_nodes_that_know_the_secret_of_each_other_get_their_lease()
    {
        using var one = new Node(1, Secret);
        using var two = new Node(2, Another);
        one.Meet(two, Another);
        two.Meet(one, Secret);
        await one.FreshAsync();
        await two.FreshAsync();
    }

    [Fact]
    public async Task A_node_that_does_not_know_the_secret_gets_no_answer()
    {
        using var one = new Node(1, Secret);
        using var two = new Node(2, Another);
        using var stranger = new Node(3, Another);
        one.Meet(two, Another);
        two.Meet(one, Secret);
        stranger.Meet(one, Another);
        await one.FreshAsync();
        await two.FreshAsync();
        Assert.False(stranger.IsFresh);
        Assert.False(one.Links.HasSpoken(3, (long)Soon.TotalMilliseconds));
    }

    [Fact]
    public async Task A_caller_without_a_secret_is_closed_and_proves_nothing()
    {
        using var one = new Node(1, Secret);
        one.Links.SetView(new PeerView(true, new HashSet<int> { 2 }, new HashSet<int> { 2 }));
        using var socket = await CallAsync(one);
        await socket.SendAsync((byte[])[.. PeerLinkFrame.Hello(PeerLinkKind.Ask, 2, 1), .. PeerLinkFrame.Ping(1, 0)]);
        Assert.Equal(0, await ReadAsync(socket, new byte[64]));
        Assert.False(one.Links.HasSpoken(2, (long)Soon.TotalMilliseconds));
    }

    [Fact]
    public async Task Recorded_frames_do_not_count_again()
    {
        using var one = new Node(1, Secret);
        one.Links.SetView(new PeerView(true, new HashSet<int> { 2 }, new HashSet<int> { 2 }));
        var recorded = new List<byte[]>();
        using (var socket = await CallAsync(one))
        {
            var seal = new LinkSeal(Secret, isCaller: true);
            recorded.Add(seal.Opening());
            await socket.SendAsync(recorded[^1]);
            Assert.True(seal.TryOpen(await FrameAsync(socket)));
            recorded.Add(seal.Seal(PeerLinkFrame.Hello(PeerLinkKind.Ask, 2, 1)));
            await socket.SendAsync(recorded[^1]);
            Assert.True(PeerLinkFrame.TryHello(seal.Unseal(await FrameAsync(socket)), out _, out var from, out _));
            Assert.Equal(1, from);
        }

        using var again = await CallAsync(one);
        await again.SendAsync(recorded[0]);
        Assert.True(new LinkSeal(Secret, isCaller: true).TryOpen(await FrameAsync(again)));
        await again.SendAsync(recorded[1]);
        Assert.Equal(0, await ReadAsync(again, new byte[64])); // closed, without a hello
    }

    [Fact]
    public void A_changed_repeated_reflected_or_reordered_frame_has_a_wrong_tag()
    {
        IsWrong((first, _) => [.. first[..3], (byte)(first[3] ^ 1), .. first[4..]]);
        IsWrong((first, _) => [.. first[..^1], (byte)(first[^1] ^ 1)]);
        IsWrong((_, second) => second);
        var (caller, listener) = Pair(Secret, Secret);
        var frame = caller.Seal(PeerLinkFrame.Ping(1, 0));
        Assert.Null(caller.Unseal(frame));
        Assert.Equal(PeerLinkFrame.Ping(1, 0), listener.Unseal(frame));
        Assert.Null(listener.Unseal(frame));
        var (stranger, other) = Pair(Another, Secret);
        Assert.Null(other.Unseal(stranger.Seal(PeerLinkFrame.Ping(1, 0))));
    }

    private static void IsWrong(Func<byte[], byte[], byte[]> change)
    {
        var (caller, listener) = Pair(Secret, Secret);
        var (first, second) = (caller.Seal(PeerLinkFrame.Ping(1, 0)), caller.Seal(PeerLinkFrame.Ping(2, 0)));
        Assert.Null(listener.Unseal(change(first, second)));
    }

    private static (LinkSeal Caller, LinkSeal Listener) Pair(byte[] one, byte[] other)
    {
        var (caller, listener) = (new LinkSeal(one, isCaller: true), new LinkSeal(other, isCaller: false));
        Assert.True(caller.TryOpen(listener.Opening()));
        Assert.True(listener.TryOpen(caller.Opening()));
        return (caller, listener);
    }

    private static async Task<Socket> CallAsync(Node node)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, node.Links.Port);
        return socket;
    }

    private static async Task<byte[]> FrameAsync(Socket socket)
    {
        var frame = new byte[PeerLinkFrame.Bytes + LinkSeal.TagBytes];
        for (var read = 0; read < frame.Length;)
        {
            var count = await ReadAsync(socket, frame.AsMemory(read));
            Assert.NotEqual(0, count);
            read += count;
        }

        return frame;
    }

    // 0: closed, in whichever way.
    private static async Task<int> ReadAsync(Socket socket, Memory<byte> room)
    {
        try
        {
            return await socket.ReceiveAsync(room).AsTask().WaitAsync(Soon);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private sealed class Node : IDisposable
    {
        private readonly int _uid;
        private readonly LeasedQuorum _quorum = new(() => BootClock.NowMs);

        public Node(int uid, byte[] secret)
        {
            _uid = uid;
            Links = new PeerLinks(
                uid, new IPEndPoint(IPAddress.Loopback, 0), _quorum, 60_000, _ => { }, () => BootClock.NowMs, true, secret);
        }

        public PeerLinks Links { get; }

        public bool IsFresh => _quorum.IsFresh;

        public void Dispose() => Links.Dispose();

        public void Meet(Node other, byte[] secret)
        {
            var members = new HashSet<int> { other._uid };
            Links.SetView(new PeerView(true, members, members));
            Links.AddPeer(other._uid, new IPEndPoint(IPAddress.Loopback, other.Links.Port), secret);
        }

        public async Task FreshAsync()
        {
            using var patience = new CancellationTokenSource(Soon);
            while (!IsFresh) await Task.Delay(10, patience.Token);
        }
    }
}
