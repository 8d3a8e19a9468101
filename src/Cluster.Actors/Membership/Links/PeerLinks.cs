using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Cluster.Actors.Membership.Quorum;

namespace Cluster.Actors.Membership.Links;

/// <summary>
/// Opens two TCP connections from this node to each other node, apart from all other traffic. Over the ask link this
/// node asks several times a second whether it still is a member: a majority of answers gives it the lease that it
/// needs to answer clients. The watch link is silent and shows when the OS process at its far end has exited.
/// </summary>
/// <remarks>
/// When an OS process exits, for any reason, its kernel closes its connections: with FIN, or with RST if data was left
/// unread. The watch link never has unread data. A stopped or disconnected process closes nothing. A firewall can
/// refuse and reset connections, but it does not send FIN on an open one. So a process counts as dead when all of these
/// hold:
/// - its watch link ended with FIN;
/// - after that its port refuses connections, or another process (another uid) answers there;
/// - its ask link has ended too. The kernel of a dead process closes both links. A device between the nodes may close
///   only the idle one.
/// Everything else (a reset, a time-out, a malformed answer) proves nothing, and Akka's failure detector decides.
/// A single dedicated thread does all the work, so that it never waits behind the work of the node.
/// </remarks>
internal sealed class PeerLinks : IDisposable
{
    private const int AskEveryMs = 150;
    private const int RetryAfterMs = 250;
    private const int GreetWithinMs = 1_000;
    private const int IdleMs = 250;
    private const int Backlog = 64;
    private const int AcceptedBound = 1_024;

    /// <summary>Links from callers that are no members; a further one takes the place of the oldest.</summary>
    internal const int StrangersBound = 64;

    // Links from one member: two, and others that broke and whose end has not arrived. As above.
    private const int OfMemberBound = 8;

    private const int KeepAliveAfterS = 60;
    private const int KeepAliveEveryS = 10;
    private const int KeepAliveProbes = 3;

    private readonly int _uid;
    private readonly byte[]? _secret;
    private readonly LeasedQuorum _quorum;
    private readonly MajorityLease _lease;
    private readonly Action<int> _died;
    private readonly Func<long> _nowMs;
    private readonly Socket _listener;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly ConcurrentDictionary<int, long> _spokeMs = new();
    private readonly WakeFlag _wakeFlag = new();
    private readonly Dictionary<int, Peer> _peers = [];
    private readonly List<PeerLink> _links = [];
    private readonly List<Socket> _ready = [];
    private readonly Thread _thread;
    private PeerView _view = PeerView.Nobody;
    private long _askAtMs;
    private long _disputedSinceMs;
    private volatile bool _stops;

    /// <param name="uid">The uid of this node.</param>
    /// <param name="bind">The address to listen on; port 0 takes a free port.</param>
    /// <param name="quorum">Gets the end of the lease.</param>
    /// <param name="leaseMs">See <see cref="MajorityLease"/>.</param>
    /// <param name="died">Called once for each dead process, with its uid, on the thread of the links.</param>
    /// <param name="nowMs">The clock, in ms.</param>
    /// <param name="keepsMajority">See <see cref="MajorityLease"/>.</param>
    /// <param name="secret">The secret of the links to this node, which the members know; null: links have none.</param>
    /// <exception cref="SocketException">This node cannot listen on the address.</exception>
    public PeerLinks(
        int uid, IPEndPoint bind, LeasedQuorum quorum, long leaseMs, Action<int> died, Func<long> nowMs,
        bool keepsMajority = true, byte[]? secret = null)
    {
        _secret = secret;
        (_uid, _quorum, _lease, _died, _nowMs) = (uid, quorum, new MajorityLease(leaseMs, keepsMajority), died, nowMs);
        _listener = new Socket(bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        _listener.Bind(bind);
        _listener.Listen(Backlog);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _thread = new Thread(Run) { IsBackground = true, Name = "peer-links", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>The port that this node listens on.</summary>
    public int Port { get; }

    /// <summary>
    /// For how long this node has counted members as dead without a majority that agrees, in ms; 0: there are none.
    /// </summary>
    public long DisputedForMs => Volatile.Read(ref _disputedSinceMs) is > 0 and var since ? _nowMs() - since : 0;

    /// <summary>Whether a member has asked or answered within this time, in ms.</summary>
    public bool HasSpoken(int uid, long withinMs) =>
        _spokeMs.TryGetValue(uid, out var atMs) && _nowMs() - atMs < withinMs;

    /// <summary>Stops counting a member for the majority, because the operator has downed it.</summary>
    public void Exclude(int uid) => Enqueue(() => _lease.Exclude(uid));

    /// <summary>Sets the members.</summary>
    public void SetView(PeerView view) => Enqueue(() =>
    {
        _view = view;
        _lease.SetMembers(view.IsMember, view.Voters, view.Left, _nowMs());
        foreach (var gone in _peers.Values.Where(peer => !IsWatched(peer.Uid)).ToArray()) RemovePeer(gone);
        foreach (var gone in _spokeMs.Keys.Where(uid => !IsWatched(uid))) _spokeMs.TryRemove(gone, out _);
    });

    /// <summary>
    /// Sets the address of a member's links, and their secret. They may change while the member lives; its old links then
    /// do not count.
    /// </summary>
    public void AddPeer(int uid, IPEndPoint address, byte[]? secret = null) => Enqueue(() =>
    {
        if (!_view.Known.Contains(uid)) return;
        if (_peers.TryGetValue(uid, out var there))
        {
            if (there.IsDead || there.IsAt(address, secret)) return;
            RemovePeer(there);
        }

        _peers[uid] = new Peer(uid, address, secret);
    });

    private bool IsWatched(int uid) => _view.Known.Contains(uid) || _view.Down.Contains(uid);

    /// <summary>
    /// Says bye to the nodes that watch this node: its process goes on for a while and may still answer clients.
    /// </summary>
    public void Dispose()
    {
        _stops = true;
        _wakeFlag.Wake();
        _thread.Join();
    }

    private void Enqueue(Action command)
    {
        _commands.Enqueue(command);
        _wakeFlag.Wake();
    }

    private void Run()
    {
        while (!_stops)
        {
            _wakeFlag.Clear();
            while (_commands.TryDequeue(out var command)) command();
            var nowMs = _nowMs();
            foreach (var peer in _peers.Values) KeepConnected(peer, nowMs);
            if (nowMs >= _askAtMs) AskAll(nowMs);
            _quorum.Extend(_lease.FreshUntilMs);
            Volatile.Write(ref _disputedSinceMs, _lease.DisputedSinceMs);
            Wait(_peers.Count == 0 ? IdleMs : Math.Clamp(_askAtMs - nowMs, 1, AskEveryMs));
        }

        foreach (var link in _links)
        {
            if (link is { Peer: null, IsGreeted: true })
                link.Write(PeerLinkFrame.Hello(PeerLinkKind.Bye, _uid, link.CallerUid));
            link.Socket.Dispose();
        }

        _listener.Dispose();
        _wakeFlag.Dispose();
    }

    private void AskAll(long nowMs)
    {
        _askAtMs = nowMs + AskEveryMs;
        foreach (var peer in _peers.Values)
        {
            if (peer.Ask is { IsGreeted: true } link) link.Write(PeerLinkFrame.Ping(nowMs, 0));
        }

        foreach (var stuck in _links.Where(link => !link.IsGreeted && nowMs - link.SinceMs > GreetWithinMs).ToArray())
            Close(stuck);
    }

    private void KeepConnected(Peer peer, long nowMs)
    {
        if (peer.IsDead || nowMs < peer.RetryMs) return;
        peer.Watch ??= Connect(peer, PeerLinkKind.Watch, nowMs);
        peer.Ask ??= Connect(peer, PeerLinkKind.Ask, nowMs);
    }

    private PeerLink? Connect(Peer peer, PeerLinkKind kind, long nowMs)
    {
        Socket socket;
        try
        {
            socket = new Socket(peer.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        }
        catch (SocketException)
        {
            // EMFILE: the process has no descriptor left at the moment.
            peer.RetryMs = nowMs + RetryAfterMs;
            return null;
        }

        var link = new PeerLink(socket, peer, kind, nowMs, peer.NewSeal());
        _links.Add(link);
        socket.ConnectAsync(peer.Address).ContinueWith(
            connecting => Enqueue(() => OnConnected(link, connecting.Exception?.InnerException)),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return link;
    }

    private void OnConnected(PeerLink link, Exception? failure)
    {
        if (link.IsClosed) return;
        if (failure is null)
        {
            link.IsConnected = true;
            link.Socket.Blocking = false;
            link.Write(PeerLinkFrame.Hello(link.Kind, _uid, link.Peer!.Uid));
            return;
        }

        var refuses = failure is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
        Close(link);
        if (refuses && link is { Kind: PeerLinkKind.Watch, Peer.HasEnded: true }) DeclareDead(link.Peer);
    }

    private void Wait(long ms)
    {
        _ready.Clear();
        if (_links.Count < AcceptedBound) _ready.Add(_listener);
        _ready.Add(_wakeFlag.Socket);
        foreach (var link in _links)
        {
            if (link.IsConnected) _ready.Add(link.Socket);
        }

        Socket.Select(_ready, null, null, TimeSpan.FromMilliseconds(ms));
        if (_ready.Count == 0) return;
        if (_ready.Contains(_listener)) Accept();
        foreach (var link in _links.Where(link => _ready.Contains(link.Socket)).ToArray())
        {
            if (link.Read(OnFrame) is { } isFin) OnEnd(link, isFin);
        }
    }

    private void Accept()
    {
        while (_links.Count < AcceptedBound)
        {
            try
            {
                var socket = _listener.Accept();
                socket.Blocking = false;
                socket.NoDelay = true;
                KeepAlive(socket);
                var seal = _secret is null ? null : new LinkSeal(_secret, isCaller: false);
                _links.Add(new PeerLink(socket, null, PeerLinkKind.Watch, _nowMs(), seal));
                CloseOldest(link => !link.IsGreeted || !IsWatched(link.CallerUid), StrangersBound);
            }
            catch (SocketException)
            {
                return; // no more connections wait, or the caller has hung up
            }
        }
    }

    // Whoever reaches the port can open links. They may not keep the members out.
    private void CloseOldest(Func<PeerLink, bool> isOne, int most)
    {
        var those = _links.Where(link => link.Peer is null && isOne(link)).ToArray();
        foreach (var link in those.SkipLast(most)) Close(link);
    }

    // An accepted link may be silent for years. Only keep-alive finds out that its other end vanished without a FIN.
    private static void KeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveAfterS);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveEveryS);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
    }

    private void OnFrame(PeerLink link, byte[] frame)
    {
        if (link.IsGreeted && link.Kind == PeerLinkKind.Ask && !IsBye(link, frame)) OnPing(link, frame);
        else if (!PeerLinkFrame.TryHello(frame, out var kind, out var from, out _)) Close(link);
        else if (link.Peer is null) OnCallerHello(link, kind, from);
        else OnAnswerHello(link, link.Peer, kind, from);
    }

    // A bye arrives on every accepted link. No ping looks like it: as a ping it would name a time of 163 days and more
    // members than there are.
    private bool IsBye(PeerLink link, byte[] frame) =>
        link.Peer is { } peer && PeerLinkFrame.TryHello(frame, out var kind, out var from, out var to)
        && kind == PeerLinkKind.Bye && from == peer.Uid && to == _uid;

    private void OnCallerHello(PeerLink link, PeerLinkKind kind, int from)
    {
        if (link.IsGreeted || kind == PeerLinkKind.Bye) return;
        (link.Kind, link.CallerUid, link.IsGreeted) = (kind, from, true);
        link.Write(PeerLinkFrame.Hello(kind, _uid, from));
        if (IsWatched(from)) CloseOldest(other => other.IsGreeted && other.CallerUid == from, OfMemberBound);
    }

    private void OnAnswerHello(PeerLink link, Peer peer, PeerLinkKind kind, int from)
    {
        if (kind == PeerLinkKind.Bye)
        {
            peer.SaidBye = true;
        }
        else if (from != peer.Uid)
        {
            Close(link);
            if (peer.HasEnded) DeclareDead(peer);
        }
        else if (!link.IsGreeted)
        {
            link.IsGreeted = true;
            // An earlier listener of the same process said bye.
            if (link.Kind == PeerLinkKind.Watch) (peer.HasEnded, peer.SaidBye) = (false, false);
        }
    }

    private void OnPing(PeerLink link, byte[] frame)
    {
        var (askedMs, voters) = PeerLinkFrame.Ping(frame);
        if (link.Peer is { } peer)
        {
            // A process that answers a question which was asked after its watch link ended is alive.
            if (askedMs > peer.EndedMs) peer.HasEnded = false;
            _lease.Confirm(peer.Uid, askedMs, voters);
            _spokeMs[peer.Uid] = askedMs;
        }
        else if (_view.IsMember && _view.Known.Contains(link.CallerUid))
        {
            _spokeMs[link.CallerUid] = _nowMs();
            link.Write(PeerLinkFrame.Ping(askedMs, _lease.Count));
        }
    }

    private void OnEnd(PeerLink link, bool isFin)
    {
        Close(link);
        if (link is { Kind: PeerLinkKind.Ask, IsGreeted: true, Peer: { HasEnded: true } ended })
            ended.RetryMs = 0; // connect now: its port shows whether the process lives
        if (link is not { Peer: { } peer, Kind: PeerLinkKind.Watch, IsGreeted: true } || !isFin) return;
        // A peer that said bye may still answer clients, unless it was declared dead: then its lease has run out.
        if (peer.SaidBye && !_view.Down.Contains(peer.Uid)) return;
        (peer.HasEnded, peer.EndedMs) = (true, _nowMs());
        peer.RetryMs = 0; // connect now: its port shows whether the process lives
    }

    private void DeclareDead(Peer peer)
    {
        if (peer.IsDead || peer.Ask is { IsGreeted: true }) return;
        peer.IsDead = true;
        _lease.Exclude(peer.Uid);
        _died(peer.Uid);
    }

    private void Close(PeerLink link)
    {
        if (link.IsClosed) return;
        link.IsClosed = true;
        _links.Remove(link);
        link.Socket.Dispose();
        if (link.Peer is not { } peer) return;
        if (peer.Watch == link) peer.Watch = null;
        if (peer.Ask == link) peer.Ask = null;
        peer.RetryMs = _nowMs() + RetryAfterMs;
    }

    private void RemovePeer(Peer peer)
    {
        _peers.Remove(peer.Uid);
        if (peer.Watch is { } watch) Close(watch);
        if (peer.Ask is { } ask) Close(ask);
    }
}
