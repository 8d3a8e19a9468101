using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Cluster.Actors.Membership;

/// <summary>
/// Two TCP connections from each node to each other one, apart from all other traffic. Over one it asks, several times
/// a second, whether it still is a member: a majority of such answers is the lease without which it says nothing. The
/// other is silent, and tells when the process at its far end has ended.
/// </summary>
/// <remarks>
/// When a process ends, however it ends, its kernel closes its connections: FIN, or RST if something was left unread,
/// and on the silent one nothing ever is. A process that is stopped, or cut off, closes nothing. A firewall can refuse
/// and reset, and cannot make a FIN in the middle of nothing. So a process counts as dead when the silent line ended
/// with FIN, and then its port refuses, or another process (another uid) answers there, and the line of the questions
/// has ended too: the kernel that closes one closes both, and what stands between two nodes may end the idle one alone.
/// Everything else - a reset, a time-out, an answer that is none - proves nothing, and is left to the failure detector.
/// One thread does it all: it must not wait behind the work of the node.
/// </remarks>
internal sealed class Lines : IDisposable
{
    private const int AskEveryMs = 150;
    private const int RetryAfterMs = 250;
    private const int GreetWithinMs = 1_000;
    private const int IdleMs = 250;
    private const int Backlog = 64;
    private const int AcceptedBound = 1_024;
    private const int KeepAliveAfterS = 60;
    private const int KeepAliveEveryS = 10;
    private const int KeepAliveProbes = 3;

    private readonly int _uid;
    private readonly Quorum _quorum;
    private readonly Votes _votes;
    private readonly Action<int> _died;
    private readonly Func<long> _nowMs;
    private readonly Socket _listener;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly ConcurrentDictionary<int, long> _spokeMs = new();
    private readonly Bell _bell = new();
    private readonly Dictionary<int, LinePeer> _peers = [];
    private readonly List<Line> _lines = [];
    private readonly List<Socket> _ready = [];
    private readonly Thread _thread;
    private LineView _view = LineView.Nobody;
    private long _askAtMs;
    private long _disputedSinceMs;
    private volatile bool _stops;

    /// <param name="uid">This node's.</param>
    /// <param name="bind">Where the others reach it; port 0 takes a free one.</param>
    /// <param name="quorum">Told how long the lease runs.</param>
    /// <param name="leaseMs">See <see cref="Votes"/>.</param>
    /// <param name="died">Told, once, when a process has ended for certain. On the thread of the lines.</param>
    /// <param name="nowMs">The clock.</param>
    /// <param name="keepsMajority">See <see cref="Votes"/>.</param>
    /// <exception cref="SocketException">The address cannot be listened on.</exception>
    public Lines(
        int uid, IPEndPoint bind, Quorum quorum, long leaseMs, Action<int> died, Func<long> nowMs,
        bool keepsMajority = true)
    {
        (_uid, _quorum, _votes, _died, _nowMs) = (uid, quorum, new Votes(leaseMs, keepsMajority), died, nowMs);
        _listener = new Socket(bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        _listener.Bind(bind);
        _listener.Listen(Backlog);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _thread = new Thread(Run) { IsBackground = true, Name = "lines", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>
    /// For how long others have been given up without a majority that confirms it, in ms; 0: they are not.
    /// </summary>
    public long DisputedForMs => Volatile.Read(ref _disputedSinceMs) is > 0 and var since ? _nowMs() - since : 0;

    /// <summary>Whether a member has asked, or answered what it was asked, in this time, in ms.</summary>
    public bool HasSpoken(int uid, long withinMs) =>
        _spokeMs.TryGetValue(uid, out var atMs) && _nowMs() - atMs < withinMs;

    /// <summary>The operator says that a member does not count.</summary>
    public void Settle(int uid) => Order(() => _votes.Settle(uid));

    /// <summary>Who is a member now.</summary>
    public void SetView(LineView view) => Order(() =>
    {
        _view = view;
        _votes.SetMembers(view.IsMember, view.Voters, view.Left, _nowMs());
        foreach (var gone in _peers.Values.Where(peer => !IsWatched(peer.Uid)).ToArray()) Forget(gone);
        foreach (var gone in _spokeMs.Keys.Where(uid => !IsWatched(uid))) _spokeMs.TryRemove(gone, out _);
    });

    /// <summary>Where a member's lines are. They may move while it lives: what was there does not count then.</summary>
    public void AddPeer(int uid, IPEndPoint address) => Order(() =>
    {
        if (!_view.Known.Contains(uid)) return;
        if (_peers.TryGetValue(uid, out var there))
        {
            if (there.IsDead || there.Address.Equals(address)) return;
            Forget(there);
        }

        _peers[uid] = new LinePeer(uid, address);
    });

    private bool IsWatched(int uid) => _view.Known.Contains(uid) || _view.Down.Contains(uid);

    /// <summary>Takes leave of who watches this node: it goes on living for a while, and may still speak.</summary>
    public void Dispose()
    {
        _stops = true;
        _bell.Wake();
        _thread.Join();
    }

    private void Order(Action command)
    {
        _commands.Enqueue(command);
        _bell.Wake();
    }

    private void Run()
    {
        while (!_stops)
        {
            _bell.Answer();
            while (_commands.TryDequeue(out var command)) command();
            var nowMs = _nowMs();
            foreach (var peer in _peers.Values) Maintain(peer, nowMs);
            if (nowMs >= _askAtMs) AskAll(nowMs);
            _quorum.Extend(_votes.FreshUntilMs);
            Volatile.Write(ref _disputedSinceMs, _votes.DisputedSinceMs);
            Wait(_peers.Count == 0 ? IdleMs : Math.Clamp(_askAtMs - nowMs, 1, AskEveryMs));
        }

        foreach (var line in _lines)
        {
            if (line is { Peer: null, IsGreeted: true })
                line.Write(LineFrame.Hello(LineKind.Bye, _uid, line.CallerUid));
            line.Socket.Dispose();
        }

        _listener.Dispose();
        _bell.Dispose();
    }

    private void AskAll(long nowMs)
    {
        _askAtMs = nowMs + AskEveryMs;
        foreach (var peer in _peers.Values)
        {
            if (peer.Ask is { IsGreeted: true } line) line.Write(LineFrame.Ping(nowMs, 0));
        }

        foreach (var stuck in _lines.Where(line => !line.IsGreeted && nowMs - line.SinceMs > GreetWithinMs).ToArray())
            Close(stuck);
    }

    private void Maintain(LinePeer peer, long nowMs)
    {
        if (peer.IsDead || nowMs < peer.RetryMs) return;
        peer.Watch ??= Call(peer, LineKind.Watch, nowMs);
        peer.Ask ??= Call(peer, LineKind.Ask, nowMs);
    }

    private Line? Call(LinePeer peer, LineKind kind, long nowMs)
    {
        Socket socket;
        try
        {
            socket = new Socket(peer.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        }
        catch (SocketException)
        {
            // EMFILE: the process has all the descriptors that it may have, now.
            peer.RetryMs = nowMs + RetryAfterMs;
            return null;
        }

        var line = new Line(socket, peer, kind, nowMs);
        _lines.Add(line);
        socket.ConnectAsync(peer.Address).ContinueWith(
            connecting => Order(() => OnConnected(line, connecting.Exception?.InnerException)),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return line;
    }

    private void OnConnected(Line line, Exception? failure)
    {
        if (line.IsClosed) return;
        if (failure is null)
        {
            line.IsConnected = true;
            line.Socket.Blocking = false;
            line.Write(LineFrame.Hello(line.Kind, _uid, line.Peer!.Uid));
            return;
        }

        var refuses = failure is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
        Close(line);
        if (refuses && line is { Kind: LineKind.Watch, Peer.HasEnded: true }) Bury(line.Peer);
    }

    private void Wait(long ms)
    {
        _ready.Clear();
        if (_lines.Count < AcceptedBound) _ready.Add(_listener);
        _ready.Add(_bell.Socket);
        foreach (var line in _lines)
        {
            if (line.IsConnected) _ready.Add(line.Socket);
        }

        Socket.Select(_ready, null, null, TimeSpan.FromMilliseconds(ms));
        if (_ready.Count == 0) return;
        if (_ready.Contains(_listener)) Accept();
        foreach (var line in _lines.Where(line => _ready.Contains(line.Socket)).ToArray())
        {
            if (line.Read(OnFrame) is { } isFin) OnEnd(line, isFin);
        }
    }

    private void Accept()
    {
        while (_lines.Count < AcceptedBound)
        {
            try
            {
                var socket = _listener.Accept();
                socket.Blocking = false;
                socket.NoDelay = true;
                KeepAlive(socket);
                _lines.Add(new Line(socket, null, LineKind.Watch, _nowMs()));
            }
            catch (SocketException)
            {
                return; // nobody else, or it hung up meanwhile
            }
        }
    }

    // A line that came in may be silent for years. One whose other end is gone without a word is let go of by this
    // alone.
    private static void KeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveAfterS);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveEveryS);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
    }

    private void OnFrame(Line line, byte[] frame)
    {
        if (line.IsGreeted && line.Kind == LineKind.Ask && !IsBye(line, frame)) OnPing(line, frame);
        else if (!LineFrame.TryHello(frame, out var kind, out var from, out _)) Close(line);
        else if (line.Peer is null) OnCaller(line, kind, from);
        else OnAnswer(line, line.Peer, kind, from);
    }

    // It comes on every line that was answered. No answer has this for a number of members, and a time of 163 days.
    private bool IsBye(Line line, byte[] frame) =>
        line.Peer is { } peer && LineFrame.TryHello(frame, out var kind, out var from, out var to)
        && kind == LineKind.Bye && from == peer.Uid && to == _uid;

    private void OnCaller(Line line, LineKind kind, int from)
    {
        if (line.IsGreeted || kind == LineKind.Bye) return;
        (line.Kind, line.CallerUid, line.IsGreeted) = (kind, from, true);
        line.Write(LineFrame.Hello(kind, _uid, from));
    }

    private void OnAnswer(Line line, LinePeer peer, LineKind kind, int from)
    {
        if (kind == LineKind.Bye)
        {
            peer.SaidBye = true;
        }
        else if (from != peer.Uid)
        {
            Close(line);
            if (peer.HasEnded) Bury(peer);
        }
        else if (!line.IsGreeted)
        {
            line.IsGreeted = true;
            // What took its leave was an earlier listener of the same process.
            if (line.Kind == LineKind.Watch) (peer.HasEnded, peer.SaidBye) = (false, false);
        }
    }

    private void OnPing(Line line, byte[] frame)
    {
        var (askedMs, voters) = LineFrame.Ping(frame);
        if (line.Peer is { } peer)
        {
            // Who answers what it was asked after its silent line had ended has not ended itself.
            if (askedMs > peer.EndedMs) peer.HasEnded = false;
            _votes.Confirm(peer.Uid, askedMs, voters);
            _spokeMs[peer.Uid] = askedMs;
        }
        else if (_view.IsMember && _view.Known.Contains(line.CallerUid))
        {
            _spokeMs[line.CallerUid] = _nowMs();
            line.Write(LineFrame.Ping(askedMs, _votes.Count));
        }
    }

    private void OnEnd(Line line, bool isFin)
    {
        Close(line);
        if (line is { Kind: LineKind.Ask, IsGreeted: true, Peer: { HasEnded: true } ended })
            ended.RetryMs = 0; // its port tells now
        if (line is not { Peer: { } peer, Kind: LineKind.Watch, IsGreeted: true } || !isFin) return;
        // Who took leave may still speak, unless it was given up: then nobody has told it for a while that it may.
        if (peer.SaidBye && !_view.Down.Contains(peer.Uid)) return;
        (peer.HasEnded, peer.EndedMs) = (true, _nowMs());
        peer.RetryMs = 0; // at once: its port tells
    }

    private void Bury(LinePeer peer)
    {
        if (peer.IsDead || peer.Ask is { IsGreeted: true }) return;
        peer.IsDead = true;
        _votes.Settle(peer.Uid);
        _died(peer.Uid);
    }

    private void Close(Line line)
    {
        if (line.IsClosed) return;
        line.IsClosed = true;
        _lines.Remove(line);
        line.Socket.Dispose();
        if (line.Peer is not { } peer) return;
        if (peer.Watch == line) peer.Watch = null;
        if (peer.Ask == line) peer.Ask = null;
        peer.RetryMs = _nowMs() + RetryAfterMs;
    }

    private void Forget(LinePeer peer)
    {
        _peers.Remove(peer.Uid);
        if (peer.Watch is { } watch) Close(watch);
        if (peer.Ask is { } ask) Close(ask);
    }
}
