using Cluster.Core.Machines;
using Cluster.Protocol;
using State = Cluster.Protocol.SocketState;

namespace Cluster.Core.Objects.Sockets;

/// <content>A socket that listens: listen(2), accept(2), and its part of connect(2).</content>
public sealed partial class Socket
{
    // ---- state ----

    private readonly SortedDictionary<long, SocketQueued> _queue = []; // the backlog, in its order
    private readonly Dictionary<int, (long Number, SocketQueued Entry, SocketAcceptor Acceptor)> _handing = []; // by connection
    private readonly TicketTree _acceptors = new();
    private long _nextEntry = 1;
    private int _backlog;
    private int _shut;                  // RCV_SHUTDOWN, SEND_SHUTDOWN
    private SocketPeer _listener = new(); // who has called listen(2)

    // Not journalled: connections ask again. At most so many, in the order in which they came.
    private readonly List<(Request Request, ulong Token)> _connecters = []; // the backlog is full
    private readonly Dictionary<int, (Request Request, ulong Token)> _awaiting = []; // in the backlog

    private bool IsListening => _state == State.Listening && !IsEnding && (_shut & SocketFlags.RCV_SHUTDOWN) == 0;

    private int ListenerReadiness()
    {
        var ready = 0;
        if (_shut == SocketFlags.SHUTDOWN_MASK || _state != State.Listening) ready |= FileFlags.POLLHUP;
        if (_queue.Count > 0 || (_shut & SocketFlags.RCV_SHUTDOWN) != 0) ready |= FileFlags.POLLIN;
        if (_state != State.Listening) ready |= FileFlags.POLLOUT;
        return ready;
    }

    // ---- listen(2) ----

    private void Listen(Stamp stamp, ulong seq, SocketListen listen)
    {
        if (Held(stamp.Pid, listen.Description) is null)
        {
            FailRecorded(stamp.Pid, seq, Errno.EBADF);
        }
        else if (!HasName)
        {
            // EINVAL: the socket is connected, or has no name: unix_listen of net/unix/af_unix.c.
            FailRecorded(stamp.Pid, seq, Errno.EINVAL);
        }
        else
        {
            var backlog = listen.Backlog is < 0 or > Bounds.Backlog ? Bounds.Backlog : listen.Backlog;
            var listening = new SocketListening
            {
                Pid = stamp.Pid, Seq = seq, Backlog = backlog, Peer = PeerOf(stamp.Pid, stamp.Credentials),
            };
            Emit(new SocketFact { Listening = listening });
            Release(stamp.Pid, seq);
            Serve();
        }
    }

    private static SocketPeer PeerOf(int pid, Credentials credentials) =>
        new() { Pid = pid, Uid = credentials.Uid, Gid = credentials.Gid };

    // ---- connect(2), as a connection asks for it ----

    private void OnConnect(Request request, ulong token)
    {
        var connect = request.ConnectSocket;
        if (Phase != Life.Alive)
        {
            Answer(token, request, connect.Cancels ? Errno.None : Errno.ECONNREFUSED);
            return;
        }

        // It is being accepted, which the connection hears of. If it is not, it asks again.
        if (_handing.ContainsKey(connect.Connection)) return;
        var queued = _queue.Values.FirstOrDefault(entry => entry.Connection == connect.Connection);
        if (queued is not null && (connect.Cancels || !queued.Attempt.Equals(connect.Attempt)))
        {
            Emit(new SocketFact { Unqueued = new SocketUnqueued { Connection = connect.Connection } });
            queued = null;
        }

        _connecters.RemoveAll(each => each.Request.ConnectSocket.Connection == connect.Connection);
        if (connect.Cancels) AnswerFenced(token, request, Errno.None);
        else if (queued is not null) AnswerQueued(request, token);
        else Enter(request, token);
    }

    private void Enter(Request request, ulong token)
    {
        var connect = request.ConnectSocket;
        if (WhyNotQueue(connect) is var errno and not Errno.None)
        {
            AnswerFenced(token, request, errno);
        }
        else if (!IsFull)
        {
            var entry = new SocketQueued { Connection = connect.Connection, Attempt = connect.Attempt };
            Emit(new SocketFact { Queued = entry });
            AnswerQueued(request, token);
            ServeAcceptors();
        }
        else if (connect.Nonblocking)
        {
            // EAGAIN, connect(2): "For nonblocking UNIX domain sockets, the socket is nonblocking, and the connection cannot
            // be completed immediately."
            AnswerFenced(token, request, Errno.EAGAIN);
        }
        else if (_connecters.Count < Bounds.Backlog)
        {
            _connecters.Add((request, token)); // without room the connection asks again
        }
    }

    // unix_recvq_full of net/unix/af_unix.c: one more than the backlog says.
    private bool IsFull => _queue.Count > _backlog;

    private Errno WhyNotQueue(ConnectSocket connect)
    {
        // EACCES, connect(2): "write permission is denied on the socket file". An abstract name has no permissions.
        if (!SocketName.IsAbstract(_name)
            && !FilePermissions.Allow(Permissions, connect.Credentials, FilePermissions.NeededBy(FileFlags.O_WRONLY)))
            return Errno.EACCES;
        if (DescriptionCount == 0) return Errno.ECONNREFUSED; // the name has outlived its socket
        if (connect.Type != _type) return Errno.EPROTOTYPE;
        return IsListening ? Errno.None : Errno.ECONNREFUSED;
    }

    private void AnswerFenced(ulong token, Request request, Errno errno)
    {
        Fence();
        Answer(token, request, errno);
    }

    private void AnswerQueued(Request request, ulong token) =>
        Answer(token, request, Errno.None, reply => reply.SocketConnected = Listener);

    private SocketConnected Listener => new() { Peer = _listener, Name = _name };

    private void OnAwait(Request request, ulong token)
    {
        var connection = request.AwaitAccept.Connection;
        if (Phase != Life.Alive) Answer(token, request, Errno.ECONNRESET);
        else if (IsKnown(connection, request.AwaitAccept.Attempt)) _awaiting[connection] = (request, token);
        else AnswerFenced(token, request, Errno.ECONNRESET);
    }

    private bool IsKnown(int connection, SocketAttempt attempt) =>
        _queue.Values.Any(entry => entry.Connection == connection && entry.Attempt.Equals(attempt))
        || _handing.ContainsKey(connection);

    // Connections that wait for accept(2) hear that nobody will call it.
    private void AnswerAwaiting()
    {
        if (_awaiting.Count == 0 || _queue.Count + _handing.Count > 0) return;
        foreach (var (request, token) in _awaiting.Values) AnswerFenced(token, request, Errno.ECONNRESET);
        _awaiting.Clear();
    }

    private void ServeConnecters()
    {
        while (_connecters.Count > 0 && (!IsFull || !IsListening))
        {
            var (request, token) = _connecters[0];
            _connecters.RemoveAt(0);
            Enter(request, token);
        }
    }

    // ---- accept(2) ----

    private void Accept(int pid, Call call, SocketAccept accept)
    {
        if (WhyNotAccept(pid, call, accept, out var description) is { } rejection)
        {
            Reject(pid, call.Seq, rejection);
            return;
        }

        var isNonblocking = description!.IsNonblocking;
        if (_queue.Count > 0 && _acceptors.Count == 0) Hand(pid, call.Seq, DeadlineOf(call), isNonblocking);
        else if (isNonblocking) FailRecorded(pid, call.Seq, Errno.EAGAIN);
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) FailRecorded(pid, call.Seq, Errno.ETIMEDOUT);
        else
        {
            var parked = new SocketAcceptParked { Pid = pid, Seq = call.Seq, DeadlineMs = DeadlineOf(call) };
            Emit(new SocketFact { AcceptParked = parked });
        }
    }

    private Rejection? WhyNotAccept(int pid, Call call, SocketAccept accept, out Description? description)
    {
        description = Held(pid, accept.Description);
        if (call.TimeoutMs < 0) return Rejection.Unrecorded(Errno.EINVAL);
        if (description is null) return Rejection.Recorded(Errno.EBADF);
        // EINVAL, accept(2): "Socket is not listening for connections". So says a socket that receives no more.
        return HasName && IsListening ? null : Rejection.Recorded(Errno.EINVAL);
    }

    private void Hand(int pid, ulong seq, long deadlineMs = 0, bool isNonblocking = false)
    {
        var handing = new SocketHanding { Pid = pid, Seq = seq, DeadlineMs = deadlineMs, Nonblocking = isNonblocking };
        Emit(new SocketFact { Handing = handing });
        SendOutbox();
    }

    private void ServeAcceptors()
    {
        while (_acceptors.FirstAtLeast(0) is SocketAcceptor acceptor)
        {
            if (DescriptionCount == 0) FailRecorded(acceptor.Pid, acceptor.Seq, Errno.EBADF);
            else if (!IsListening) FailRecorded(acceptor.Pid, acceptor.Seq, Errno.EINVAL);
            else if (_queue.Count > 0) Hand(acceptor.Pid, acceptor.Seq);
            else if (acceptor.IsNonblocking) FailRecorded(acceptor.Pid, acceptor.Seq, Errno.EAGAIN);
            else break;
        }

        ServeConnecters();
    }

    private void OnHanded(int connection, Reply reply)
    {
        if (!_handing.TryGetValue(connection, out var handing)) return;
        var (pid, seq) = (handing.Acceptor.Pid, handing.Acceptor.Seq);
        var handed = new SocketHanded { Pid = pid, Seq = seq, Errno = reply.Errno, Accepted = reply.SocketAccepted };
        Emit(new SocketFact { Handed = handed });
        if (!IsReturned(reply.Errno)) _awaiting.Remove(connection);
        Release(pid, seq);
        Serve();
    }

    // The process that accepts has ended, or may touch no more objects. The next one gets the connection.
    private static bool IsReturned(int errno) => errno is (int)Errno.ESRCH or (int)Errno.EMFILE;

    // ---- apply ----

    private void Apply(SocketListening listening)
    {
        _state = State.Listening;
        (_backlog, _listener) = (listening.Backlog, listening.Peer);
        ApplyCompleted(listening.Pid, new Result { Seq = listening.Seq });
    }

    private void ApplyUnqueued(int connection)
    {
        foreach (var (number, entry) in _queue.Where(each => each.Value.Connection == connection).ToArray())
            _queue.Remove(number);
    }

    private void Apply(SocketHanding handing)
    {
        SocketAcceptor acceptor;
        if (Waiters.Remove(handing.Pid, handing.Seq, out var waiter))
        {
            ApplyWaiterRemoved(waiter);
            acceptor = (SocketAcceptor)waiter;
        }
        else
        {
            acceptor = new SocketAcceptor(
                new SocketAcceptParked
                {
                    Pid = handing.Pid,
                    Seq = handing.Seq,
                    DeadlineMs = handing.DeadlineMs,
                    Nonblocking = handing.Nonblocking,
                },
                _nextTicket++);
        }

        var (number, entry) = _queue.First();
        _queue.Remove(number);
        AddHanding(number, entry, acceptor);
    }

    private void AddHanding(long number, SocketQueued entry, SocketAcceptor acceptor)
    {
        _handing.Add(entry.Connection, (number, entry, acceptor));
        var accept = new AcceptConnection
        {
            Attempt = entry.Attempt, Pid = acceptor.Pid, Seq = acceptor.Seq, Listener = Listener,
        };
        Outbox.Add(new Request { To = KeyOf(entry.Connection), AcceptConnection = accept });
    }

    private EntityKey KeyOf(int connection) =>
        new() { Kind = Kind.Socket, Namespace = Key.Namespace, Id = connection };

    private void Apply(SocketHanded handed)
    {
        var (number, entry, acceptor) =
            _handing.Values.First(each => each.Acceptor.Pid == handed.Pid && each.Acceptor.Seq == handed.Seq);
        _handing.Remove(entry.Connection);
        Outbox.Remove(KeyOf(entry.Connection), Request.BodyOneofCase.AcceptConnection);
        // The backlog of a socket that was closed meanwhile is gone.
        if (IsReturned(handed.Errno) && DescriptionCount > 0) _queue.Add(number, entry);
        if (Ledger.HasExited(handed.Pid)) return;
        var isOver = handed.Errno == 0 || IsReturned(handed.Errno);
        if (isOver)
        {
            ApplyCompleted(
                handed.Pid, new Result { Seq = handed.Seq, Errno = handed.Errno, SocketAccepted = handed.Accepted });
        }
        else
        {
            Add(acceptor.Again()); // whether its caller is there is not known any more
        }
    }

    private void Add(SocketAcceptor acceptor)
    {
        Waiters.Add(acceptor);
        _acceptors.Add(acceptor, 0);
    }

    // The last description was closed. A path stays, and connect(2) fails with ECONNREFUSED.
    private void ApplyListenerClosed()
    {
        _state = State.Unconnected;
        _queue.Clear();
    }
}
